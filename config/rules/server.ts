import { whyNotServerType } from "../hetzner/serverTypes";
import { ownerOfLabelKey } from "../hetzner/labels";
import { FALLBACK_HOST, hostEntries, hostOfEntry } from "../context";
import { nearest } from "../reading/nearest";
import type { Subject } from "./subject";

/** Can there be such a server at all? */
export function checkServer(subject: Subject): void {
  const { written, at, problems } = subject;
  const whyNot = written.serverType === undefined ? undefined : whyNotServerType(written.serverType, written.location);
  if (whyNot !== undefined) problems.add([...at, "serverType"], whyNot);

  if (written.ipv4 === false && written.ipv6 === false) {
    problems.add([...at, "ipv6"], "is false, and so is ipv4: nobody could reach the machine. Leave one of them true.");
  }
  if (written.rootDisk?.encrypted === true) {
    problems.add(
      [...at, "rootDisk", "encrypted"],
      "is true, but this version cannot encrypt the root disk yet. Leave it out; a later version will.",
    );
  }
  if (subject.name === "localhost") problems.add(at, "is no good name: localhost is what every computer calls itself.");
  checkLabels(subject);
  checkHost(subject);
}

function checkLabels({ written, at, problems }: Subject): void {
  for (const key of Object.keys(written.labels ?? {})) {
    const owner = ownerOfLabelKey(key);
    if (owner !== undefined) problems.add([...at, "labels", key], `has a prefix that is reserved for ${owner}. Choose another.`);
  }
}

function checkHost({ name, written, at, problems, context: { hosts } }: Subject): void {
  const place = [...at, "host"];
  if (problems.touch(place)) return;
  const host = written.host ?? (hostEntries(name, hosts).length > 0 ? name : FALLBACK_HOST);
  const entries = hostEntries(host, hosts);
  if (entries.length > 1) problems.add(place, `is ${host}, but nix/hosts has both ${entries.join(" and ")}. Keep one of them.`);
  if (entries.length > 0) return;
  const names = [...new Set(hosts.map(hostOfEntry))];
  const guess = nearest(host, names);
  const there =
    guess !== undefined ? `Did you mean ${guess}?` : names.length > 0 ? `There are: ${names.join(", ")}.` : "The folder is empty.";
  problems.add(place, `is ${host}, but there is neither nix/hosts/${host}.nix nor nix/hosts/${host}/. ${there}`);
}
