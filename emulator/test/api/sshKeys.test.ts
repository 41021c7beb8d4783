import { Cloud } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9";

interface KeyJson {
  ssh_key: { id: number; name: string; fingerprint: string; labels: Record<string, string> };
}

test("a key is kept with its fingerprint, found by name and fingerprint, renamed and deleted", async () => {
  const { ssh_key: key } = await cloud.do<KeyJson>("POST", "/ssh_keys", {
    name: "me",
    public_key: `${KEY} me@example\n`,
    labels: { a: "b" },
  });
  expect(key.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);

  await cloud.do("PUT", `/ssh_keys/${key.id}`, { name: "myself", labels: {} });

  for (const query of ["name=myself", `fingerprint=${key.fingerprint}`]) {
    const { ssh_keys } = await cloud.do<{ ssh_keys: object[] }>("GET", `/ssh_keys?${query}`);
    expect(ssh_keys).toEqual([expect.objectContaining({ id: key.id, name: "myself", labels: {} })]);
  }
  expect((await cloud.do<{ ssh_keys: object[] }>("GET", `/ssh_keys?name=${key.id}`)).ssh_keys).toEqual([]);
  expect((await cloud.ask("DELETE", `/ssh_keys/${key.id}`)).status).toBe(204);
  expect(await cloud.refusal("DELETE", `/ssh_keys/${key.id}`)).toBe("404 not_found");
});

test("neither a name nor a key can be there twice", async () => {
  await cloud.do("POST", "/ssh_keys", { name: "me", public_key: KEY });

  const sameKey = await cloud.ask("POST", "/ssh_keys", { name: "other", public_key: `${KEY} other comment` });
  expect(sameKey).toMatchObject({
    status: 409,
    body: { error: { code: "uniqueness_error", details: { fields: [{ name: "public_key" }] } } },
  });
});

test.each(["", "ssh-ed25519", "ssh-ed25519 AAAA", "not a key"])("%j is refused, and not repeated in the answer", async (public_key) => {
  expect(await cloud.wrongFields("POST", "/ssh_keys", { name: "me", public_key })).toEqual(["public_key"]);
});
