import { createHash } from "node:crypto";
import { utils } from "ssh2";
import { z } from "zod";
import { invalidField, notFound, notUnique } from "../model/errors";
import type { Project } from "../model/project";
import type { SshKey } from "../model/records";
import { freeName, labels } from "./fields";
import { list } from "./list";
import { created, get, noContent, ok, post, put, remove, type Route } from "./route";

const presentSshKey = (key: SshKey): object => ({
  id: key.id,
  name: key.name,
  fingerprint: key.fingerprint,
  public_key: key.publicKey,
  labels: key.labels,
  created: key.created,
});

export const sshKeyRoutes: Route[] = [
  get("/ssh_keys", (call) =>
    list(call, {
      key: "ssh_keys",
      items: call.project.sshKeys.list(),
      present: presentSshKey,
      filters: { name: (key) => key.name, fingerprint: (key) => key.fingerprint },
      sort: { id: (key) => key.id, name: (key) => key.name },
      labels: (key) => key.labels,
    }),
  ),
  get("/ssh_keys/:id", (call) => ok({ ssh_key: presentSshKey(requireSshKey(call.project, call.id)) })),
  post("/ssh_keys", z.object({ name: freeName, public_key: z.string(), labels: labels.default({}) }), ({ world, project, body }) => {
    const publicKey = body.public_key.trim();
    const fingerprint = fingerprintOf(publicKey);
    project.sshKeys.requireFreeName(body.name);
    if (project.sshKeys.list().some((key) => key.fingerprint === fingerprint)) throw notUnique("public_key");
    const key = { id: world.newId(), name: body.name, labels: body.labels, created: world.timestamp(), fingerprint, publicKey };
    return created({ ssh_key: presentSshKey(project.sshKeys.add(key)) });
  }),
  put("/ssh_keys/:id", z.object({ name: freeName.optional(), labels: labels.optional() }), ({ project, id, body }) => {
    const key = requireSshKey(project, id);
    if (body.name !== undefined) project.sshKeys.requireFreeName(body.name, key);
    Object.assign(key, { name: body.name ?? key.name, labels: body.labels ?? key.labels });
    return ok({ ssh_key: presentSshKey(key) });
  }),
  remove("/ssh_keys/:id", ({ project, id }) => {
    requireSshKey(project, id);
    project.sshKeys.delete(id);
    return noContent();
  }),
];

function requireSshKey(project: Project, id: number): SshKey {
  const found = project.sshKeys.get(id);
  if (!found) throw notFound("ssh_key", id);
  return found;
}

/** MD5 as hex pairs, the form in which the API shows and looks up keys. */
function fingerprintOf(publicKey: string): string {
  const parsed = utils.parseKey(publicKey);
  if (parsed instanceof Error || parsed.isPrivateKey()) throw invalidField("public_key", "is not a valid SSH public key");
  const hex = createHash("md5").update(parsed.getPublicSSH()).digest("hex");
  return (hex.match(/../g) ?? []).join(":");
}
