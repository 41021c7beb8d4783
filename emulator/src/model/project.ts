import { notUnique } from "./errors";
import type { LoadBalancer } from "./loadBalancerRecords";
import type { Action, Certificate, Firewall, FloatingIp, Image } from "./records";
import type { Network, PlacementGroup, PrimaryIp, Server, SshKey, Volume } from "./records";
import type { Zone } from "./zoneRecords";

/** The records of one kind, by id. */
export class Table<T extends { id: number; name: string | null }> extends Map<number, T> {
  list(): T[] {
    return [...this.values()];
  }

  add(record: T): T {
    this.set(record.id, record);
    return record;
  }

  /** By number, or by a string that is a name or else a number: clients send either. */
  find(idOrName: number | string): T | undefined {
    if (typeof idOrName === "number") return this.get(idOrName);
    return this.list().find((record) => record.name === idOrName) ?? (/^\d+$/.test(idOrName) ? this.get(Number(idOrName)) : undefined);
  }

  /**
   * @param except the record that is being renamed
   * @throws ApiError `uniqueness_error` when another record has this name
   */
  requireFreeName(name: string, except?: { id: number }): void {
    if (this.list().some((record) => record.name === name && record.id !== except?.id)) throw notUnique("name");
  }
}

/** Everything that belongs to one customer's project. Tokens of different projects do not see one another's resources. */
export class Project {
  readonly sshKeys = new Table<SshKey>();
  readonly servers = new Table<Server>();
  readonly volumes = new Table<Volume>();
  readonly firewalls = new Table<Firewall>();
  readonly primaryIps = new Table<PrimaryIp>();
  readonly floatingIps = new Table<FloatingIp>();
  readonly networks = new Table<Network>();
  readonly placementGroups = new Table<PlacementGroup>();
  readonly certificates = new Table<Certificate>();
  readonly loadBalancers = new Table<LoadBalancer>();
  readonly zones = new Table<Zone>();
  /** Snapshots and backups; system images are the catalogue's. */
  readonly images = new Table<Image>();
  readonly actions = new Map<number, Action>();

  constructor(readonly name: string) {}

  volumesOf(serverId: number): Volume[] {
    return this.volumes.list().filter((volume) => volume.server === serverId);
  }

  primaryIpOf(serverId: number, type: "ipv4" | "ipv6"): PrimaryIp | undefined {
    return this.primaryIps.list().find((ip) => ip.assignee === serverId && ip.type === type);
  }
}
