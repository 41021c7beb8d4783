// What a person does in Hetzner's console, behind Pulumi's back.
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./world";

interface Action {
  id: number;
  status: string;
}

/** As much of any answer as is looked at here. */
interface Answer {
  action?: Action;
  actions?: Action[];
  server?: { id: number; server_type: { name: string } };
  volume?: { id: number };
}

export class HetznerConsole {
  constructor(private readonly world: World) {}

  /** A server of somebody else's in the same project: no labels, no keys of ours. */
  async newServer(name: string): Promise<number> {
    const body = { name, server_type: "cx23", image: "debian-13", location: "fsn1" };
    return (await this.click("POST", "/servers", body)).server?.id ?? 0;
  }

  async newVolume(name: string): Promise<number> {
    const body = { name, size: 10, location: "fsn1", format: "ext4" };
    return (await this.click("POST", "/volumes", body)).volume?.id ?? 0;
  }

  async attach(volume: number, server: number): Promise<void> {
    await this.click("POST", `/volumes/${volume.toString()}/actions/attach`, { server, automount: false });
  }

  async detach(volume: number): Promise<void> {
    await this.click("POST", `/volumes/${volume.toString()}/actions/detach`);
  }

  /** Off in good order, which the machine's own `poweroff` is; then nothing is torn off that is mounted. */
  async shutDown(server: number): Promise<void> {
    await this.click("POST", `/servers/${server.toString()}/actions/shutdown`);
    while (this.world.cloud.snapshot().servers.find(({ id }) => id === server)?.status !== "off") await sleep(20);
  }

  async rescale(server: number, type: string): Promise<void> {
    await this.shutDown(server);
    await this.click("POST", `/servers/${server.toString()}/actions/change_type`, { server_type: type, upgrade_disk: false });
    await this.click("POST", `/servers/${server.toString()}/actions/poweron`);
  }

  async typeOf(server: number): Promise<string> {
    const { answer } = await this.request("GET", `/servers/${server.toString()}`);
    return answer.server?.server_type.name ?? "gone";
  }

  async deleteVolume(volume: number): Promise<void> {
    await this.click("POST", `/volumes/${volume.toString()}/actions/change_protection`, { delete: false });
    await this.click("DELETE", `/volumes/${volume.toString()}`);
  }

  /** A request that must succeed, with its actions waited for. */
  async click(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Answer> {
    const { ok, status, answer } = await this.request(method, path, body);
    if (!ok) throw new Error(`${method} ${path}: ${status.toString()} ${JSON.stringify(answer)}`);
    for (let now = answer.action; now?.status === "running";) {
      await sleep(20);
      now = (await this.request("GET", `/actions?id=${now.id.toString()}`)).answer.actions?.[0];
    }
    return answer;
  }

  private async request(method: string, path: string, body?: object): Promise<{ ok: boolean; status: number; answer: Answer }> {
    const response = await fetch(this.world.cloud.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.world.stack.environment["HCLOUD_TOKEN"] ?? ""}`,
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    const answer = (response.status === 204 ? {} : await response.json()) as Answer;
    return { ok: response.ok, status: response.status, answer };
  }
}
