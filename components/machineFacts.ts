import type * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachineConfig } from "../config";
import type { StepInput } from "../steps/documents";
import type { VolumeFacts } from "../steps/facts";
import { healthCommand } from "./healthCommand";

/** Where the ed25519 host key lies on a machine. */
const HOST_KEY = "/etc/ssh/ssh_host_ed25519_key";

/** What is known of a machine before its server is staged: everything but the hardware. */
export function machineFacts(
  config: MachineConfig,
  known: { server: hcloud.Server; volumes: pulumi.Output<VolumeFacts[]>; deployKey: pulumi.Output<string> },
): pulumi.Output<StepInput<"stage">["facts"]> {
  return pulumi
    .all([known.server.ipv4Address, known.server.ipv6Address, known.volumes, pulumi.unsecret(known.deployKey)])
    .apply(([ipv4, ipv6, volumes, deployKey]) => ({
      version: 1 as const,
      machine: config.name,
      host: config.host,
      system: config.system,
      network: { ipv4: config.ipv4 ? ipv4 : null, ipv6: config.ipv6 ? ipv6 : null },
      storage: { rootFileSystem: config.rootDisk.fileSystem, rootEncrypted: config.rootDisk.encrypted, volumes },
      ssh: { port: config.ssh.port, hostKey: HOST_KEY, deployKey },
      admin: { name: config.admin.name, uid: config.admin.uid, keys: config.admin.sshKeys },
      // Left out where there is none, as it always was: nothing of such a machine shall change.
      ...(config.healthChecks.length > 0 && { health: config.healthChecks.map(healthCommand) }),
    }));
}
