import type { ApiToken } from "../context";
import type { Problems } from "../reading/problems";

const LENGTH = 64;
const SET_IT = "pulumi config set --secret hcloud:token";

/** Hetzner's provider would only find out in the middle of the first request. The token itself is never shown. */
export function checkToken(token: ApiToken, problems: Problems): void {
  if (token.from === "nowhere") {
    problems.addAt(
      "hcloud:token",
      `is required: a token for Hetzner's API that may read and write. Make one in the console (Security, API tokens), then: ${SET_IT}, or put it into HCLOUD_TOKEN.`,
    );
    return;
  }
  const at = token.from === "config" ? "hcloud:token" : "HCLOUD_TOKEN (in the environment)";
  const why = whyNotToken(token.value);
  if (why !== undefined) problems.addAt(at, why);
  if (token.from === "config" && token.inTheClear) {
    problems.addAt(
      at,
      `stands readable in the file. Whoever read it can delete your servers: revoke it in the console, make a new one, then: ${SET_IT}`,
    );
  }
}

function whyNotToken(value: string): string | undefined {
  if (value.trim() !== value) return "has blanks or a line break around it. Set it again without.";
  if (value.length !== LENGTH) return `has ${value.length} characters, but a token of Hetzner's has ${LENGTH}. Copy it again as a whole.`;
  if (!/^[A-Za-z0-9]+$/.test(value)) return "has other characters than letters and digits. Copy it again.";
  return undefined;
}
