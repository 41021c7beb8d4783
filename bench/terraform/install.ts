// What the local-exec of the installation runs: nixos-anywhere as its documents say, with the volume mounted between its phases
// (nixos-deployment.md §5.3).
import execa from "execa";
import { STORE_FOLDER } from "../../steps/facts";
import { localExec, PEER, type Peer } from "./peer";

localExec("true", async (peer) => {
  await anywhere(peer, "kexec,disko");
  const store = `/mnt/home/${STORE_FOLDER}`;
  await peer.ssh(`set -e; mkdir -p /mnt/home /mnt/nix; mount ${peer.device} /mnt/home; mkdir -p ${store}; mount --bind ${store} /mnt/nix`);
  await anywhere(peer, "install,reboot");
});

async function anywhere({ flake, identity, address }: Peer, phases: string): Promise<void> {
  await execa("nixos-anywhere", ["--phases", phases, "--flake", `${flake}#${PEER}`, "-i", identity, `root@${address}`], {
    stdio: "inherit",
  });
}
