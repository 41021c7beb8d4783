// What the cloud image makes of the user data at its first boot. A small part of cloud-init: identity, keys and users, files, commands.
import { parse } from "yaml";
import { z } from "zod";

const userSchema = z.object({
  name: z.string(),
  ssh_authorized_keys: z.array(z.string()).optional(),
  shell: z.string().optional(),
});

const cloudConfig = z.object({
  hostname: z.string().optional(),
  ssh_keys: z.record(z.string(), z.string()).optional(),
  ssh_authorized_keys: z.array(z.string()).optional(),
  users: z.array(z.union([z.literal("default"), userSchema])).optional(),
  write_files: z.array(z.object({ path: z.string(), content: z.string(), permissions: z.string().optional() })).optional(),
  runcmd: z.array(z.union([z.string(), z.array(z.string())])).optional(),
});

export type CloudUser = z.infer<typeof userSchema>;

export interface FirstBoot {
  hostName: string | undefined;
  /** File name below /etc/ssh to content, e.g. `ssh_host_ed25519_key`. Empty: the image makes its own. */
  hostKeys: Record<string, string>;
  authorizedKeys: string[];
  users: CloudUser[];
  files: { path: string; content: string; mode: number }[];
  /** Shell command lines. */
  commands: string[];
  /** What cannot be read or is not emulated, in words; cloud-init too goes on and writes it to its log. */
  warnings: string[];
}

/** Reads user data as cloud-init would. What it does not understand is a warning, never an error: the server boots all the same. */
export function readUserData(userData: string): FirstBoot {
  const nothing: FirstBoot = { hostName: undefined, hostKeys: {}, authorizedKeys: [], users: [], files: [], commands: [], warnings: [] };
  if (userData.trim() === "") return nothing;
  if (userData.startsWith("#!"))
    return { ...nothing, files: [userScript(userData)], commands: ["/var/lib/cloud/instance/scripts/part-001"] };
  if (!userData.startsWith("#cloud-config")) return { ...nothing, warnings: ["user data is neither #cloud-config nor a script"] };
  const document = parseYaml(userData);
  const read = cloudConfig.safeParse(document ?? {});
  if (!read.success) return { ...nothing, warnings: [`user data is not valid: ${z.prettifyError(read.error)}`] };
  const config = read.data;
  const unknown = Object.keys(document as object).filter((key) => !(key in cloudConfig.shape));
  return {
    hostName: config.hostname,
    hostKeys: hostKeyFiles(config.ssh_keys ?? {}),
    authorizedKeys: config.ssh_authorized_keys ?? [],
    users: (config.users ?? []).filter((user) => user !== "default"),
    files: (config.write_files ?? []).map((file) => ({
      path: file.path,
      content: file.content,
      mode: parseInt(file.permissions ?? "0644", 8),
    })),
    commands: (config.runcmd ?? []).map((command) => (typeof command === "string" ? command : command.map(shellQuote).join(" "))),
    warnings: unknown.map((key) => `user data: ${key} is not emulated`),
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return "not YAML";
  }
}

/** `ed25519_private` -> `ssh_host_ed25519_key`, `ed25519_public` -> `ssh_host_ed25519_key.pub`. */
function hostKeyFiles(keys: Record<string, string>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [name, text] of Object.entries(keys)) {
    const match = /^(rsa|ecdsa|ed25519)_(private|public)$/.exec(name);
    if (match) files[`ssh_host_${match[1]}_key${match[2] === "public" ? ".pub" : ""}`] = text.endsWith("\n") ? text : `${text}\n`;
  }
  return files;
}

function userScript(content: string): FirstBoot["files"][number] {
  return { path: "/var/lib/cloud/instance/scripts/part-001", content, mode: 0o700 };
}

export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
