import { z } from "zod";
import { ApiError, notFound, unsupported } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Certificate } from "../../model/records";
import { actionRoutesOf, begin, presentAction } from "../actions";
import { freeName, labels, nothing } from "../fields";
import { list } from "../list";
import { created, get, noContent, ok, post, put, remove, type Route } from "../route";
import { issueStep } from "./issue";
import { readUpload } from "./pem";

const MAX_DOMAINS = 100;

/** Also of all its subdomains, `*.example.com`. */
const domainName = z
  .string()
  .max(253)
  .regex(/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, "is not a domain name in lower case");

const common = { name: freeName, labels: labels.default({}) };
const uploaded = z.object({ ...common, type: z.literal("uploaded").default("uploaded"), certificate: z.string(), private_key: z.string() });
const managed = z.object({ ...common, type: z.literal("managed"), domain_names: z.array(domainName).min(1).max(MAX_DOMAINS) });
const body = z.discriminatedUnion("type", [managed, uploaded]);

const presentCertificate = (project: Project, certificate: Certificate): object => ({
  id: certificate.id,
  name: certificate.name,
  labels: certificate.labels,
  type: certificate.type,
  certificate: certificate.certificate,
  created: certificate.created,
  not_valid_before: certificate.notValidBefore,
  not_valid_after: certificate.notValidAfter,
  domain_names: certificate.domainNames,
  fingerprint: certificate.fingerprint,
  status:
    certificate.issuance === null ? null : { issuance: certificate.issuance, renewal: renewalOf(certificate), error: certificate.error },
  used_by: usersOf(project, certificate).map((id) => ({ id, type: "load_balancer" })),
});

/** Nothing is ever renewed here; one that has been issued waits for its time. */
const renewalOf = ({ issuance }: Certificate): string => (issuance === "completed" ? "scheduled" : "unavailable");

const usersOf = (project: Project, { id }: Certificate): number[] =>
  project.loadBalancers
    .list()
    .filter(({ services }) => services.some(({ http }) => http?.certificates.includes(id)))
    .map((loadBalancer) => loadBalancer.id);

const create = post("/certificates", body, (call) => {
  const { world, project, body: given } = call;
  project.certificates.requireFreeName(given.name);
  const content =
    given.type === "uploaded"
      ? { ...readUpload(given.certificate, given.private_key), issuance: null }
      : { certificate: null, notValidBefore: null, notValidAfter: null, fingerprint: null, domainNames: given.domain_names };
  const certificate = project.certificates.add({
    issuance: "pending",
    ...content,
    id: world.newId(),
    name: given.name,
    labels: given.labels,
    created: world.timestamp(),
    type: given.type,
    error: null,
  });
  const action =
    given.type === "managed" ? world.actions.start(project, issueStep(world, project, certificate, "create_certificate")) : null;
  return created({ certificate: presentCertificate(project, certificate), action: action ? presentAction(world, action) : null });
});

const retry = post("/certificates/:id/actions/retry", nothing, (call) => {
  const certificate = requireCertificate(call.project, call.id);
  if (certificate.type !== "managed") throw unsupported("only managed certificates are issued here");
  if (certificate.issuance !== "failed") throw unsupported(`its issuance has not failed, it is ${certificate.issuance ?? "unknown"}`);
  return begin(call, issueStep(call.world, call.project, certificate, "issue_certificate"));
});

export const certificateRoutes: Route[] = [
  get("/certificates", (call) =>
    list(call, {
      key: "certificates",
      items: call.project.certificates.list(),
      present: (certificate) => presentCertificate(call.project, certificate),
      filters: { name: ({ name }) => name, type: ({ type }) => type },
      sort: { id: ({ id }) => id, name: ({ name }) => name, created: (certificate) => certificate.created },
      labels: (certificate) => certificate.labels,
    }),
  ),
  get("/certificates/:id", ({ project, id }) => ok({ certificate: presentCertificate(project, requireCertificate(project, id)) })),
  create,
  put("/certificates/:id", z.object({ name: freeName.optional(), labels: labels.optional() }), ({ project, id, body: given }) => {
    const certificate = requireCertificate(project, id);
    if (given.name !== undefined) project.certificates.requireFreeName(given.name, certificate);
    Object.assign(certificate, { name: given.name ?? certificate.name, labels: given.labels ?? certificate.labels });
    return ok({ certificate: presentCertificate(project, certificate) });
  }),
  remove("/certificates/:id", ({ project, id }) => {
    const users = usersOf(project, requireCertificate(project, id));
    if (users.length > 0) throw new ApiError(422, "resource_in_use", `certificate ${id} is used by load balancer ${users.join(", ")}`);
    project.certificates.delete(id);
    return noContent();
  }),
  retry,
  ...actionRoutesOf("/certificates", "certificate", requireCertificate),
];

function requireCertificate(project: Project, id: number): Certificate {
  const found = project.certificates.get(id);
  if (!found) throw notFound("certificate", id);
  return found;
}
