// Something of every kind, for requests that are made up at random to meet.
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";

/** Ids by the first part of their paths, e.g. `servers`. */
export type Seeded = Record<string, (number | string)[]>;

interface Made {
  [kind: string]: { id: number; name?: string } | undefined;
}

/** Of each kind so many: what is changed or deleted by one request leaves another for the next. */
const COUNT = 3;

/** Makes it by the API. @throws Error when something is refused */
export async function seed(url: string, token: string): Promise<Seeded> {
  const seeded: Seeded = {};
  const make = async (path: string, body: object): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const reply = await fetch(`${url}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.status} ${await reply.text()}`);
    const [record] = Object.values((await reply.json()) as Made).filter((each) => each !== undefined);
    return record?.id ?? 0;
  };
  const several = async (path: string, bodyOf: (name: string, index: number) => object): Promise<void> => {
    for (let index = 0; index < COUNT; index += 1) {
      const id = await make(path, bodyOf(`seeded-${index}`, index));
      seeded[path] = [...(seeded[path] ?? []), id];
    }
  };

  await several("servers", (name) => ({ name, server_type: "cx23", image: "debian-13", location: "fsn1" }));
  await several("volumes", (name) => ({ name, size: 10, location: "fsn1" }));
  await several("networks", (name) => ({
    name,
    ip_range: "10.0.0.0/8",
    subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }],
  }));
  await several("firewalls", (name) => ({ name }));
  await several("placement_groups", (name) => ({ name, type: "spread" }));
  await several("primary_ips", (name) => ({ name, type: "ipv4", assignee_type: "server", location: "fsn1" }));
  await several("floating_ips", (name) => ({ name, type: "ipv4", home_location: "fsn1" }));
  await several("load_balancers", (name) => ({ name, load_balancer_type: "lb11", location: "fsn1" }));
  await several("certificates", (name) => ({ name, ...certificateFor(`${name}.example.com`) }));
  await several("ssh_keys", (name) => ({ name, public_key: generatePrivateKey("ecdsa").toPublic().toString("ssh") }));
  await several("zones", (name) => ({
    name: `${name}.com`,
    mode: "primary",
    rrsets: [{ name: "www", type: "A", records: [{ value: "192.0.2.1" }] }],
  }));
  return seeded;
}

function certificateFor(host: string): { certificate: string; private_key: string } {
  const key = generatePrivateKey("ecdsa");
  return { certificate: createSelfSignedCertificate(identityForHost(host), key).toString("pem"), private_key: key.toString("pkcs8") };
}
