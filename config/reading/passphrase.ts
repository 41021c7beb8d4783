/** Fewer can be guessed by somebody who has the volume and time. */
const SHORTEST = 20;

/** The most that cryptsetup takes where one is typed. */
const LONGEST = 512;

/** What a passphrase must be, in words. */
export const PASSPHRASE = `a secret of ${SHORTEST} to ${LONGEST} characters on one line`;

/** Whether a text can be the passphrase of a volume: every byte of it counts, and a person has to be able to type it. */
export function isPassphrase(text: string): boolean {
  return whyNotText(text) === undefined;
}

/** Says what is wrong with a passphrase and never what it is; undefined for what is no text at all. */
export function whyNotPassphrase(value: unknown): string | undefined {
  if (typeof value !== "string") return `must be ${PASSPHRASE}. Put it in quotes; what is there is not shown.`;
  return whyNotText(value);
}

function whyNotText(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return "has a line break or another control character in it. Set it again without.";
  if (text.trim() !== text) return "has blanks around it. Set it again without.";
  if (text.length < SHORTEST)
    return `has ${text.length} characters, but ${SHORTEST} are the fewest: whoever gets hold of the volume has all the time to guess. Take a longer one, e.g. of \`openssl rand -base64 30\`.`;
  if (text.length > LONGEST) return `has ${text.length} characters, but ${LONGEST} are the most.`;
  return undefined;
}
