// Certificates that a customer brings: what is in them, and whether they can be used.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { type FieldProblem, invalidInput } from "../../model/errors";
import type { Certificate } from "../../model/records";

export type Content = Pick<Certificate, "certificate" | "notValidBefore" | "notValidAfter" | "domainNames" | "fingerprint">;

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @param certificate PEM: the certificate, then what certifies it, in order
 * @param privateKey PEM; only looked at, never kept
 * @throws ApiError `invalid_input` that names each field that is wrong
 */
export function readUpload(certificate: string, privateKey: string): Content {
  const chain = readChain(certificate);
  const key = readKey(privateKey);
  const problems: FieldProblem[] = [];
  const problem = (name: string, message: string): unknown => problems.push({ name, messages: [message] });
  if (typeof chain === "string") problem("certificate", chain);
  if (typeof key === "string") problem("private_key", key);
  const own = typeof chain === "string" ? undefined : chain[0];
  if (own && typeof key !== "string" && !own.checkPrivateKey(key)) problem("private_key", "does not belong to the certificate");
  if (!own || problems.length > 0) throw invalidInput(problems);
  return describe(own, certificate);
}

/** What the API says of a certificate. @param pem it and its chain */
export function describe(own: X509Certificate, pem: string): Content {
  return {
    certificate: pem,
    notValidBefore: moment(own.validFrom),
    notValidAfter: moment(own.validTo),
    domainNames: domainNames(own),
    fingerprint: own.fingerprint256.toLowerCase(),
  };
}

/** @returns in words what is wrong with it, if anything */
function readChain(pem: string): X509Certificate[] | string {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || pem.replace(BLOCK, "").trim() !== "") return "is not a certificate in PEM format";
  let chain: X509Certificate[];
  try {
    chain = blocks.map((block) => new X509Certificate(block));
  } catch {
    return "is not a certificate in PEM format";
  }
  const broken = chain.findIndex((each, index) => {
    const issuer = chain[index + 1];
    return issuer !== undefined && !(each.checkIssued(issuer) && each.verify(issuer.publicKey));
  });
  return broken === -1 ? chain : `certificate ${broken + 2} of the chain does not certify the one before it`;
}

function readKey(pem: string): KeyObject | string {
  try {
    return createPrivateKey(pem);
  } catch {
    return "is not a private key in PEM format, or needs a passphrase";
  }
}

function domainNames({ subjectAltName, subject }: X509Certificate): string[] {
  const alternatives = [...(subjectAltName ?? "").matchAll(/DNS:([^\s,"]+)/g)].map(([, name]) => name ?? "");
  if (alternatives.length > 0) return alternatives;
  return [...subject.matchAll(/^CN=(.+)$/gm)].map(([, name]) => name ?? "");
}

const moment = (date: string): string => new Date(date).toISOString().replace(/\.\d+Z$/, "Z");
