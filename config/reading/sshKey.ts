const TYPES = [
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** Is it one whole OpenSSH public key, `ssh-ed25519 AAAA... comment`? */
export function isPublicKey(text: string): boolean {
  const match = /^(\S+) ([A-Za-z0-9+/]+=*)( [^\r\n]*)?$/.exec(text);
  if (!match) return false;
  const [, type = "", encoded = ""] = match;
  return TYPES.includes(type) && holdsFieldsOf(type, Buffer.from(encoded, "base64"));
}

/** What makes two keys the same: the comment does not count. */
export function keyIdentity(publicKey: string): string {
  return publicKey.split(" ", 2).join(" ");
}

/** Words for what is often pasted instead. They never quote it: it may be half of a private key. */
export function whyNotPublicKey(raw: unknown): string {
  const general = "must be an OpenSSH public key on one line: ssh-ed25519 AAAA... you@laptop";
  if (typeof raw !== "string") return `${general}.`;
  if (/^(~|\.{0,2}\/|file:)|\.pub$/.test(raw)) return `is the path of a file. Write what is in it: ${general.replace("must be ", "")}.`;
  if (/^ssh-dss /.test(raw)) return "is a DSA key, which OpenSSH no longer takes. Make a new one: ssh-keygen -t ed25519.";
  if (raw.trim() !== raw || /[\r\n]/.test(raw)) return "has a line break or blanks around it. Write the key on one line.";
  if (/\.\.\.|…/.test(raw)) return "is only an example. Write the line of your own .pub file: cat ~/.ssh/id_ed25519.pub";
  if (TYPES.some((type) => raw.startsWith(`${type} `)))
    return "is not whole: some of its characters are missing or wrong. Copy the .pub file again.";
  return `${general}.`;
}

/** A key is a row of fields, each with its length in front. The first is the type; a key cut off in copying ends in the middle of one. */
function holdsFieldsOf(type: string, blob: Buffer): boolean {
  const fields: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return false;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return at === blob.length && fields.length >= 2 && fields[0]?.toString() === type;
}
