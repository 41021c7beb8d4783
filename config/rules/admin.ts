import { keyIdentity } from "../reading/sshKey";
import type { Partially } from "../reading/read";
import type { Path, Problems } from "../reading/problems";
import type { WrittenAdmin } from "../schema";

/** Users that NixOS itself has or may have. */
const SYSTEM_USERS = ["root", "nobody", "sshd", "messagebus", "polkituser", "nscd", "nm-openconnect", "git", "postgres", "nginx", "acme"];

/** The users under which Nix builds: nixbld1 to nixbld32. */
const BUILD_USERS = { first: 30001, last: 30032 };

/** The admin is a person: a login name that no service has, a number that no builder has, and keys that differ. */
export function checkAdmin(admin: Partially<WrittenAdmin> | undefined, at: Path, problems: Problems): void {
  const { name, uid, sshKeys } = admin ?? {};
  if (name !== undefined && isSystemUser(name)) {
    problems.add([...at, "name"], `is ${name}, a user that the system itself has. Choose another name.`);
  }
  if (uid !== undefined && uid >= BUILD_USERS.first && uid <= BUILD_USERS.last) {
    problems.add(
      [...at, "uid"],
      `is ${uid}, which belongs to the users that Nix builds under (${BUILD_USERS.first} to ${BUILD_USERS.last}).`,
    );
  }
  checkDuplicates(sshKeys ?? [], [...at, "sshKeys"], problems);
}

/** Without a key nobody could log in. It may stand with the stack or with each machine. */
export function checkHasKeys(
  stackAdmin: Partially<WrittenAdmin> | undefined,
  machines: { name: string; admin: Partially<WrittenAdmin> | undefined }[],
  problems: Problems,
): void {
  const at = ["admin", "sshKeys"];
  if (stackAdmin?.sshKeys !== undefined || problems.touch(at)) return;
  const without = machines.filter(
    ({ name, admin }) => admin?.sshKeys === undefined && !problems.touch(["machines", name, "admin", "sshKeys"]),
  );
  if (without.length === 0) return;
  problems.add(
    at,
    `is required: a list of at least one OpenSSH public key, or nobody could log in to ${without.map(({ name }) => name).join(", ")}.`,
  );
}

function checkDuplicates(keys: readonly (string | undefined)[], at: Path, problems: Problems): void {
  const seen = new Map<string, number>();
  keys.forEach((key, index) => {
    if (key === undefined) return;
    const first = seen.get(keyIdentity(key));
    if (first === undefined) seen.set(keyIdentity(key), index);
    else problems.add([...at, index], `is the same key as number ${first + 1} of the list. Take one of them out.`);
  });
}

function isSystemUser(name: string): boolean {
  return SYSTEM_USERS.includes(name) || /^(nixbld\d*|systemd-.*)$/.test(name);
}
