// The main checks on a real kernel, where `npm run conformance -- kernel` has got the virtual machine's parts before; the others take minutes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryption } from "../../conformance/kernel/checks/encryption";
import { growth } from "../../conformance/kernel/checks/growth";
import { runCheck } from "../../conformance/kernel/checks/run";
import { Lab } from "../../conformance/kernel/lab";
import { whyNoParts, virtualMachineParts } from "../../conformance/kernel/parts";
import { Cache } from "../../toolchain/cache";

/** Only to fail in words where a test would hang: a busy computer emulates slowly. */
const LONGEST_MS = 600_000;
jest.setTimeout(LONGEST_MS);

const cache = Cache.ofUser(process.env);
const reason = whyNoParts(cache);
if (reason !== null) console.warn(`skipped: the remote scripts on a real kernel, because ${reason}`);

const checks = [...growth.slice(0, 1), ...encryption.slice(0, 1)];

(reason === null ? describe : describe.skip)("on a real kernel", () => {
  let folder: string;
  let lab: Lab | undefined;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "vps-kernel-"));
    lab = await Lab.open(
      await virtualMachineParts({ cache, env: process.env, download: false, detail: () => undefined }),
      process.env,
      folder,
    );
  });
  afterAll(async () => {
    await lab?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(checks)("$name", (check) => runCheck(lab as Lab, check));
});
