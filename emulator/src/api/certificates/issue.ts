// Certificates that the cloud gets for a customer. Nobody is asked for one here: it signs itself, and what the real thing would look at in
// the project (a zone of the domain, in primary mode) is looked at.
import { X509Certificate } from "node:crypto";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { getDomain } from "tldts";
import type { Step } from "../../model/actions";
import { ApiError } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Certificate } from "../../model/records";
import type { World } from "../../model/world";
import { type Content, describe } from "./pem";

const VALID_DAYS = 90;
const DAY_MS = 86_400_000;

/** Ends with the certificate, or with the API's reason why there is none. */
export function issueStep(world: World, project: Project, certificate: Certificate, command: string): Step {
  return {
    command,
    resources: [{ type: "certificate", id: certificate.id }],
    seconds: world.latencies.action,
    begin: () => {
      certificate.issuance = "pending";
      certificate.error = null;
    },
    effect: () => {
      try {
        for (const name of certificate.domainNames) requireZone(project, name);
      } catch (error) {
        if (error instanceof ApiError) certificate.error = { code: error.code, message: error.message };
        throw error;
      }
      Object.assign(certificate, issue(world, certificate.domainNames), { issuance: "completed" });
    },
    undo: () => {
      certificate.issuance = "failed";
      certificate.error ??= { code: "ca_dns_validation_failed", message: "Certificate Authority: DNS validation failed" };
    },
  };
}

function requireZone(project: Project, domainName: string): void {
  const name = domainName.replace(/^\*\./, "");
  const zone = project.zones.list().find((each) => each.name === (getDomain(name) ?? name));
  if (!zone) throw new ApiError(422, "dns_zone_not_found", `DNS zone not found for ${domainName}`);
  if (zone.mode === "secondary") throw new ApiError(422, "dns_zone_is_secondary_zone", `DNS zone ${zone.name} is a secondary zone`);
}

function issue(world: World, domainNames: string[]): Content {
  const now = world.epoch + world.clock.now();
  const pem = createSelfSignedCertificate(domainNames.map(identityForHost), generatePrivateKey("ecdsa"), {
    validFrom: new Date(now),
    validUntil: new Date(now + VALID_DAYS * DAY_MS),
  }).toString("pem");
  return describe(new X509Certificate(pem), pem);
}
