import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { MachineConfig } from "../config";
import type { StepInput } from "../steps/documents";
import { systemHash } from "../steps/system/flakeFolder";
import type { CloudAccess, ExistingVolume } from "./cloud";
import { machineFacts } from "./machineFacts";
import { checkChange } from "./hooks/checkChange";
import { giveAddressesBack } from "./hooks/giveAddressesBack";
import { powerOnAgain } from "./hooks/powerOnAgain";
import { removeOrphans } from "./hooks/removeOrphans";
import { shutDownCleanly } from "./hooks/shutDownCleanly";
import { machineFirewall } from "./machineFirewall";
import { type KeyPurpose, deriveKeyPair } from "./machineKeys";
import { fileSystemsBefore, type FormerVolumes } from "./formerVolumes";
import { MachineStorage, passphrasesOf } from "./machineStorage";
import { machineLabels, REINSTALL_LABEL } from "./labels";
import { serverName } from "./serverName";
import { sshCommand, sshConfigBlock } from "./sshConfig";
import { stepCommand } from "./stepCommand";
import { bootstrapUserData } from "./userData";

export interface MachineArgs {
  config: MachineConfig;
  /** How to reach Hetzner's API from the steps, which power servers off through it when nothing else is left. */
  cloud: pulumi.Input<CloudAccess>;
  /** Volumes of this stack that exist already. */
  existing: ExistingVolume[];
  /** Volumes that its last `up` knew. */
  former: FormerVolumes;
  /** The flake that makes up the system. */
  flake: {
    /** Relative to the project's folder. */
    path: string;
    /** Content hash: another one is another system. */
    hash: string;
  };
}

/**
 * A NixOS machine with a stable name: a server that may be thrown away at any time, and volumes that are kept.
 *
 * Raising `config.recreate` makes it anew while the old server goes on serving; `pulumi destroy` takes everything but the volumes.
 *
 * ### Cost
 * One server of `config.serverType` by the hour, its IPv4 address, and its volumes by GB and month. While it is recreated with the
 * `overlap` strategy, two servers for some minutes.
 *
 * @example
 * ```ts
 * const existing = await existingVolumes(cloud, pulumi.getStack());
 * const former = await formerVolumes();
 * const devserver = new Machine("devserver", { config, cloud, existing, former, flake: { path: "nix", hash } });
 * export const ssh = devserver.sshCommand;
 * ```
 */
export class Machine extends pulumi.ComponentResource {
  /** Public address, IPv4 where there is one. */
  readonly address: pulumi.Output<string>;
  /** What to type to get onto the machine. */
  readonly sshCommand: pulumi.Output<string>;
  /** Block for an ssh_config with the host key pinned. */
  readonly sshConfig: pulumi.Output<string>;
  readonly hostPublicKey: pulumi.Output<string>;
  readonly serverId: pulumi.Output<number>;
  /** By name of the volume. */
  readonly volumeIds: pulumi.Output<Record<string, number>>;
  /** UUIDs of the file systems that hold something, by name of the volume: what the next take-over expects on them. */
  readonly fileSystems: pulumi.Output<Record<string, string>>;
  /** NixOS generation that is active. */
  readonly generation: pulumi.Output<number>;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixos-vps:index:Machine", name, {}, opts);
    const { config, cloud, flake } = args;
    const stack = pulumi.getStack();
    const keys = this.deriveKeys(name);

    const ssh = pulumi.all([keys.deploy, keys.host, keys.bootstrap]).apply(([deploy, host, bootstrap]) => ({
      port: config.ssh.port,
      deployKey: deploy.privateKey,
      hostPublicKey: host.publicKey,
      bootstrapHostPublicKey: bootstrap.publicKey,
    }));
    const server = this.createServer(name, args, keys, ssh);
    const serverId = server.id.apply(Number);
    const address = config.ipv4 ? server.ipv4Address : server.ipv6Address;
    const storage = new MachineStorage(name, { config, existing: args.existing, former: args.former, cloud }, { parent: this });

    const connection = pulumi.all([serverId, server.name, address, ssh, cloud]).apply(([id, serversName, to, identity, api]) => ({
      version: 1 as const,
      stack,
      machine: config.name,
      server: { id, name: serversName },
      address: to,
      ssh: identity,
      api,
    }));
    const draft = machineFacts(config, { server, volumes: storage.facts, deployKey: keys.deploy.apply((key) => key.publicKey) });
    const installed = { reinstall: config.reinstall, ...passphrasesOf(config) };
    const install = pulumi.all([connection, draft, keys.host]).apply(([to, facts, host]) => {
      const before = fileSystemsBefore(args.former[config.name], facts.storage.volumes);
      return { ...to, ...installed, facts, fileSystemsBefore: before, hostKey: host.privateKey, flake: flake.path };
    });
    // Not the attachments or leases: the server keeps its volumes, which a clean power-off takes out of use.
    const eachInstallation = [server.id, config.reinstall];

    const stage = stepCommand(
      `${name}-stage`,
      {
        step: "stage",
        input: install.apply((told): StepInput<"stage"> => ({ ...told, image: config.image })),
        triggers: eachInstallation,
        onChange: "keep",
      },
      { parent: this },
    );
    const leases = storage.lease({ serverId, connection, cloud, stage: stage.command });

    const hardware = stage.output().apply((answer) => answer.hardware);
    const facts = pulumi.all([draft, hardware]).apply(([known, found]) => ({ ...known, hardware: found }));
    const takeOver = stepCommand(
      `${name}-take-over`,
      {
        step: "takeOver",
        input: pulumi.all([install, facts]).apply(([told, whole]) => ({ ...told, facts: whole })),
        // Not the leases: a volume that is added later concerns the next switch alone.
        triggers: eachInstallation,
        onChange: "keep",
      },
      { parent: this, dependsOn: leases },
    );
    const system = stepCommand(
      `${name}-system`,
      {
        step: "switch",
        input: pulumi
          .all([connection, facts])
          .apply(([to, whole]) => ({ ...to, ...passphrasesOf(config), facts: whole, flake: flake.path })),
        reasons: {
          NIXOS_VPS_SYSTEM: facts.apply((whole) => systemHash(flake.hash, whole)),
          // After a rescale, or when a refresh has found the server off: nothing to switch to, but the machine is brought up and verified.
          NIXOS_VPS_SERVER: pulumi.all([server.serverType, server.status]).apply(([type, is]) => (is === "off" ? `${type}, off` : type)),
          NIXOS_VPS_INSTALLATION: `${config.reinstall}`,
        },
        onChange: "run",
      },
      { parent: this, dependsOn: [takeOver.command, ...leases] },
    );

    const target = pulumi.all([address, keys.host]).apply(([to, host]) => ({
      machine: config.name,
      address: to,
      port: config.ssh.port,
      user: config.admin.name,
      hostPublicKey: host.publicKey,
    }));
    this.address = address;
    this.sshCommand = pulumi.unsecret(target.apply(sshCommand));
    this.sshConfig = pulumi.unsecret(target.apply(sshConfigBlock));
    this.hostPublicKey = pulumi.unsecret(keys.host.apply((key) => key.publicKey));
    this.serverId = serverId;
    this.volumeIds = storage.volumeIds;
    this.fileSystems = system.output().apply((answer) => answer.fileSystems ?? {});
    this.generation = system.output().apply((answer) => answer.generation);
    this.registerOutputs({ address, serverId, generation: this.generation });
  }

  /** All of a machine's ssh keys come from one secret: fewer resources, and nothing that can be lost one by one. */
  private deriveKeys(name: string) {
    // Not RandomBytes or RandomId: their resource id is the value itself, in the clear in the state (DESIGN §3).
    const identity = new random.RandomPassword(`${name}-identity`, { length: 64, special: false }, { parent: this });
    const derive = (purpose: KeyPurpose) => pulumi.secret(identity.result).apply((secret) => deriveKeyPair(secret, name, purpose));
    return { host: derive("host"), bootstrap: derive("bootstrap-host"), deploy: derive("deploy") };
  }

  private createServer(
    name: string,
    { config, cloud }: MachineArgs,
    keys: ReturnType<Machine["deriveKeys"]>,
    ssh: pulumi.Output<StepInput<"stage">["ssh"]>,
  ): hcloud.Server {
    const stack = pulumi.getStack();
    const labels = machineLabels(stack, config.name, config.labels);
    const hooks = removeOrphans(name, { stack, machine: config.name, cloud, ssh });

    const suffix = new random.RandomId(`${name}-server-name`, { byteLength: 3, keepers: newServerReasons(config) }, { parent: this });
    const deployKey = new hcloud.SshKey(
      `${name}-deploy-key`,
      { name: `${stack}-${config.name}`, publicKey: pulumi.unsecret(keys.deploy.apply((key) => key.publicKey)), labels },
      { parent: this, deleteBeforeReplace: true, hooks }, // names and fingerprints are unique, and this type is create-first by default (facts 2.4)
    );
    const firewall = machineFirewall(name, config, labels, { parent: this, hooks });

    const givenUp = giveAddressesBack(name, { stack, machine: config.name, cloud });
    return new hcloud.Server(
      `${name}-server`,
      {
        name: suffix.hex.apply((hex) => serverName(stack, config.name, hex)),
        serverType: config.serverType,
        location: config.location,
        image: config.image,
        sshKeys: [deployKey.id],
        userData: pulumi.secret(keys.bootstrap.apply(bootstrapUserData)),
        keepDisk: true, // else a rescale could never be taken back: disks do not shrink
        labels: { ...labels, ...(config.reinstall > 0 && { [REINSTALL_LABEL]: config.reinstall.toString() }) },
        ...(firewall && { firewallIds: [firewall.id.apply(Number)] }),
        ...(!(config.ipv4 && config.ipv6) && { publicNets: [{ ipv4Enabled: config.ipv4, ipv6Enabled: config.ipv6 }] }),
      },
      {
        parent: this,
        ignoreChanges: ["image", "userData", "sshKeys"], // they act at creation only, and Hetzner's provider would replace the server
        replacementTrigger: JSON.stringify(newServerReasons(config)),
        deleteBeforeReplace: config.strategy === "delete-first", // written out: a given name makes the bridge choose it (facts 2.4)
        hooks: {
          onError: [...(hooks.onError ?? []), ...(powerOnAgain(name, { machine: config.name, cloud }).onError ?? [])],
          beforeUpdate: [
            ...(checkChange(name, { machine: config.name, cloud, volumes: config.volumes.map((volume) => volume.name) }).beforeUpdate ??
              []),
            ...(givenUp.beforeUpdate ?? []),
            ...(shutDownCleanly(name, { stack, machine: config.name, ssh, api: cloud, volumes: config.volumes }).beforeUpdate ?? []),
          ],
          afterUpdate: givenUp.afterUpdate ?? [],
        },
      },
    );
  }
}

/**
 * Whatever asks for a new server. The name changes with it, since the old and the new server exist side by side.
 *
 * Where `/nix` is and what the root disk looks like is decided when a server is installed, so a change there means a new one.
 */
function newServerReasons({ recreate, location, system, rootDisk, volumes }: MachineConfig): Record<string, string> {
  return {
    recreate: recreate.toString(),
    location,
    system,
    rootDisk: `${rootDisk.fileSystem}${rootDisk.encrypted ? "+luks" : ""}`,
    store: volumes.find((volume) => volume.store)?.name ?? "root disk",
  };
}
