// The API as it was on a day.
import { startEmulator } from "../../src";
import { History } from "../../src/model/history";
import { type ActionJson, Cloud } from "./support/cloud";

interface IpJson {
  id: number;
  assignee_id: number | null;
  assignee_type: string;
  datacenter?: { name: string; location: { name: string } };
}
type Ip = { primary_ip: IpJson; action: ActionJson | null };

const clouds: Cloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function at(apiDate?: string): Promise<Cloud> {
  const cloud = await Cloud.start({ apiDate });
  clouds.push(cloud);
  return cloud;
}

const newIp = async (cloud: Cloud, more: object = { location: "fsn1" }): Promise<IpJson> =>
  (await cloud.done<Ip>("POST", "/primary_ips", { name: "ip", type: "ipv4", assignee_type: "server", ...more })).primary_ip;

describe("in February 2026", () => {
  test("servers and addresses have a data center, and can be ordered in one", async () => {
    const cloud = await at("2026-02");

    const server = await cloud.newServer("web", { location: undefined, datacenter: "nbg1-dc3" });
    const ip = await newIp(cloud, { datacenter: "nbg1-dc3" });

    expect(server).toMatchObject({ location: { name: "nbg1" }, datacenter: { name: "nbg1-dc3", location: { name: "nbg1" } } });
    expect(ip).toMatchObject({ datacenter: { name: "nbg1-dc3" }, location: { name: "nbg1" } });
    const both = { name: "x", server_type: "cx23", image: "debian-13", location: "nbg1", datacenter: "nbg1-dc3" };
    expect(await cloud.wrongFields("POST", "/servers", both)).toEqual(["datacenter"]);
    expect(await cloud.wrongFields("POST", "/servers", { ...both, location: undefined, datacenter: "moon-dc1" })).toEqual(["datacenter"]);
  });

  test("data centers are listed, with what is to be had in them", async () => {
    const cloud = await at("2026-02");
    type Listed = { datacenters: { id: number; server_types: { supported: number[]; available: number[] } }[]; recommendation: number };
    cloud.emulator.stock.set("cx23", "fsn1", false);

    const { datacenters, recommendation } = await cloud.do<Listed>("GET", "/datacenters?name=fsn1-dc14");

    expect(datacenters).toMatchObject([{ id: 4 }]);
    expect(recommendation).toBe(4);
    expect(datacenters[0]?.server_types.supported).toContain(114);
    expect(datacenters[0]?.server_types.available).not.toContain(114);
    expect(await cloud.do("GET", "/datacenters/4")).toMatchObject({ datacenter: { name: "fsn1-dc14" } });
    expect(await cloud.refusal("GET", "/datacenters/99")).toBe("404 not_found");
  });

  test("an address says that it is for servers, must say so when it is made, and leaves its server when it is deleted", async () => {
    const cloud = await at("2026-02");
    expect(await cloud.wrongFields("POST", "/primary_ips", { name: "ip", type: "ipv4", location: "fsn1" })).toEqual(["assignee_type"]);
    expect(await newIp(cloud)).toMatchObject({ assignee_id: null, assignee_type: "server" });
    const server = await cloud.newServer("web");
    const path = `/primary_ips/${server.public_net.ipv4?.id ?? 0}`;

    expect(await cloud.refusal("DELETE", path)).toBe("422 server_not_stopped");
    await cloud.act(`/servers/${server.id}`, "poweroff");
    expect((await cloud.ask("DELETE", path)).status).toBe(204);

    expect((await cloud.server(server.id)).public_net.ipv4).toBeNull();
  });

  test("what came later is not there yet", async () => {
    const cloud = await at("2026-02");
    type Types = { server_types: { locations: object[] }[] };
    const { server_types: types } = await cloud.do<Types>("GET", "/server_types?name=cx23");
    expect(types[0]?.locations[0]).not.toHaveProperty("available");
    expect((await cloud.do<{ images: object[] }>("GET", "/images")).images[0]).not.toHaveProperty("deprecation");
    const { network } = await cloud.do<{ network: { id: number } }>("POST", "/networks", { name: "n", ip_range: "10.0.0.0/16" });
    expect(await cloud.refusal("GET", `/networks/${network.id}/members`)).toBe("404 not_found");
    const { load_balancer: balancer } = await cloud.done<{ load_balancer: { id: number }; action: ActionJson }>("POST", "/load_balancers", {
      name: "lb",
      load_balancer_type: "lb11",
      location: "fsn1",
    });
    expect((await cloud.ask("DELETE", `/load_balancers/${balancer.id}`)).status).toBe(204);
  });
});

test("today there are no data centers: not in answers, not in orders, not in lists", async () => {
  const cloud = await at();

  expect(await cloud.newServer("web")).not.toHaveProperty("datacenter");
  expect(await newIp(cloud)).not.toHaveProperty("datacenter");
  const order = { name: "x", server_type: "cx23", image: "debian-13", datacenter: "nbg1-dc3" };
  expect(await cloud.wrongFields("POST", "/servers", order)).toEqual(["datacenter"]);
  expect(await cloud.wrongFields("POST", "/primary_ips", { name: "x", type: "ipv4", datacenter: "nbg1-dc3" })).toEqual(["datacenter"]);
  expect(await cloud.refusal("GET", "/datacenters")).toBe("410 deprecated_api_endpoint");
  expect(await cloud.refusal("GET", "/datacenters/4")).toBe("410 deprecated_api_endpoint");
});

test.each([
  ["2026-04", "optionalAssigneeType", false],
  ["2026-04-27", "optionalAssigneeType", true],
  ["2026-06", "unassignBeforeDelete", true],
  ["2026-07", "noDatacenterOfResources", true],
  ["2026-07", "noDatacenters", false],
  ["2026-07-31", "unassignedPrimaryIps", false],
] as const)("on %s, whether %s was so is %s", (date, change, so) => {
  expect(new History(date).has(change)).toBe(so);
});

test.each(["yesterday", "2026", "2026-13", "2026-02-30"])("'%s' is refused as a date", async (apiDate) => {
  await expect(startEmulator({ machines: false, apiDate })).rejects.toThrow(/no date of the API/);
});
