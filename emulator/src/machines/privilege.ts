// What this computer lets the emulator do.

/** True for root: real ext4 mounts and user ids. Else user namespaces have to do; emulator/machine/README.md says what differs. */
export const privileged = process.platform === "linux" && process.getuid?.() === 0;

/** Refuses systems without namespaces before anything has begun. */
export function requireNamespaces(): void {
  if (process.platform === "linux") return;
  throw new Error(
    `emulated machines need Linux namespaces, and this is ${process.platform}. ` +
      "Run the emulator in its container instead (emulator/README.md, section Container); the API alone works everywhere.",
  );
}
