// Certificates: those that are brought, and those that the cloud gets by itself.
import { generatePrivateKey, createCertificate, createSelfSignedCertificate, identityForHost } from "sshpk";
import { type ActionJson, Cloud } from "./support/cloud";

interface CertificateJson {
  id: number;
  type: string;
  certificate: string | null;
  fingerprint: string | null;
  domain_names: string[];
  not_valid_before: string | null;
  not_valid_after: string | null;
  status: { issuance: string; renewal: string; error: { code: string } | null } | null;
  used_by: { id: number; type: string }[];
}
type Made = { certificate: CertificateJson; action: ActionJson | null };

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const VALIDITY = { validFrom: new Date("2026-10-01T00:00:00Z"), validUntil: new Date("2027-10-01T00:00:00Z") };
const key = generatePrivateKey("ecdsa");
const own = createSelfSignedCertificate([identityForHost("example.com"), identityForHost("*.example.com")], key, VALIDITY).toString("pem");
const upload = { name: "web", certificate: own, private_key: key.toString("pkcs8") };
const read = async (id: number): Promise<CertificateJson> => (await cloud.do<Made>("GET", `/certificates/${id}`)).certificate;

test("an uploaded certificate says whom it is for, how long, and its fingerprint, and never its key", async () => {
  const { certificate, action } = await cloud.do<Made>("POST", "/certificates", upload);

  expect(action).toBeNull();
  expect(certificate).toMatchObject({
    type: "uploaded",
    certificate: own,
    domain_names: ["example.com", "*.example.com"],
    not_valid_before: "2026-10-01T00:00:00Z",
    not_valid_after: "2027-10-01T00:00:00Z",
    status: null,
    used_by: [],
  });
  expect(certificate.fingerprint).toMatch(/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
  expect(JSON.stringify(await cloud.do("GET", "/certificates?type=uploaded&type=managed"))).not.toContain("PRIVATE");
});

test("a chain is taken in order, and refused where one does not certify the one before", async () => {
  const issuerKey = generatePrivateKey("ecdsa");
  const issuer = identityForHost("ca.example.com");
  const root = createSelfSignedCertificate(issuer, issuerKey, VALIDITY).toString("pem");
  const leaf = createCertificate(identityForHost("www.example.com"), key, issuer, issuerKey, VALIDITY).toString("pem");

  const { certificate } = await cloud.do<Made>("POST", "/certificates", { ...upload, certificate: `${leaf}\n${root}` });

  expect(certificate.domain_names).toEqual(["www.example.com"]);
  const wrong = { ...upload, name: "wrong", certificate: `${leaf}\n${own}` };
  expect(await cloud.wrongFields("POST", "/certificates", wrong)).toEqual(["certificate"]);
});

test.each([
  ["no certificate", { certificate: "hello" }, ["certificate"]],
  ["something beside the certificate", { certificate: `${own}\nhello` }, ["certificate"]],
  ["no key", { private_key: "hello" }, ["private_key"]],
  ["another's key", { private_key: generatePrivateKey("ecdsa").toString("pkcs8") }, ["private_key"]],
  ["neither", { certificate: "", private_key: "" }, ["certificate", "private_key"]],
  ["no domains to manage", { type: "managed" }, ["domain_names"]],
  ["a domain that is none", { type: "managed", domain_names: ["Example"] }, ["domain_names.0"]],
])("%s is refused, by field", async (_what, given, fields) => {
  expect(await cloud.wrongFields("POST", "/certificates", { ...upload, ...given })).toEqual(fields);
  expect(await cloud.do("GET", "/certificates")).toMatchObject({ certificates: [] });
});

test("names are unique, changes and deletion work as everywhere", async () => {
  const { certificate } = await cloud.do<Made>("POST", "/certificates", upload);
  expect(await cloud.refusal("POST", "/certificates", upload)).toBe("409 uniqueness_error");

  expect(await cloud.do("PUT", `/certificates/${certificate.id}`, { name: "new", labels: { a: "b" } })).toMatchObject({
    certificate: { name: "new", labels: { a: "b" } },
  });
  expect(await cloud.do("GET", "/certificates?name=new&label_selector=a")).toMatchObject({ certificates: [{ id: certificate.id }] });
  expect(await cloud.refusal("POST", `/certificates/${certificate.id}/actions/retry`)).toBe("422 unsupported_error");
  expect((await cloud.ask("DELETE", `/certificates/${certificate.id}`)).status).toBe(204);
  expect(await cloud.refusal("GET", `/certificates/${certificate.id}`)).toBe("404 not_found");
});

describe("a managed certificate", () => {
  const order = { name: "managed", type: "managed", domain_names: ["example.com", "www.example.com"] };

  test("is pending, and then completed where the domain's zone is in the project", async () => {
    await cloud.done("POST", "/zones", { name: "example.com", mode: "primary" });

    const { certificate } = await cloud.done<Made>("POST", "/certificates", order);

    expect(certificate).toMatchObject({ certificate: null, fingerprint: null, status: { issuance: "pending", error: null } });
    const issued = await read(certificate.id);
    expect(issued).toMatchObject({ domain_names: order.domain_names, status: { issuance: "completed", renewal: "scheduled" } });
    expect(issued.certificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(Date.parse(issued.not_valid_after ?? "") - Date.parse(issued.not_valid_before ?? "")).toBe(90 * 86_400_000);
    expect(await cloud.refusal("POST", `/certificates/${certificate.id}/actions/retry`)).toBe("422 unsupported_error");
  });

  test("fails with the API's reason where it is not, and can be tried again", async () => {
    const { certificate, action } = await cloud.do<Made>("POST", "/certificates", order);

    expect((await cloud.ended(action))[0]).toMatchObject({ command: "create_certificate", error: { code: "dns_zone_not_found" } });
    expect((await read(certificate.id)).status).toMatchObject({ issuance: "failed", error: { code: "dns_zone_not_found" } });

    await cloud.done("POST", "/zones", { name: "example.com", mode: "primary" });
    await cloud.act(`/certificates/${certificate.id}`, "retry");
    expect((await read(certificate.id)).status).toMatchObject({ issuance: "completed", error: null });
  });
});
