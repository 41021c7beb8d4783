// Servers: what they are, where they answer, and what can be done to them behind their owner's back.
import { admin } from "./admin.js";
import { cell, copyable, count, el, fill, find, labels, state } from "./dom.js";

const TONES = { running: "good", off: "idle", deleting: "bad", unknown: "bad" };

const MACHINES = {
  image: ["cloud image runs", "good"],
  nixos: ["NixOS runs", "good"],
  installer: ["installer runs", "busy"],
  booting: ["boots", "busy"],
  stopping: ["shuts down", "busy"],
  emergency: ["emergency mode", "bad"],
  nothing: ["did not boot", "bad"],
  crashed: ["crashed", "bad"],
};

let about = { machines: false, sshConfig: null };

export function knowMachines(what) {
  about = what;
}

export function showServers(servers) {
  const section = find("#servers");
  count(section, servers.length);
  const projects = new Set(servers.map(({ project }) => project)).size;
  fill(
    find("tbody", section),
    servers,
    ({ id }) => id,
    (server) => row(server, projects > 1),
  );
}

function row(server, withProject) {
  const { id, name, status, type, cores, memory, city, image } = server;
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      el("strong", {}, name),
      el("span", { class: "id" }, withProject ? `${server.project} ${id}` : id),
      labels(server.labels),
    ),
    cell("Status", state(status, TONES[status] ?? "busy"), ...flags(server)),
    cell(
      "Type",
      el("span", {}, `${type} `, el("span", { class: "quiet" }, `${cores} vCPU, ${memory} GB`)),
      el("div", { class: "quiet" }, `${image ?? "no image"}, ${city}`),
    ),
    cell("Addresses", ...addresses(server)),
    cell(
      "Volumes",
      ...(server.volumes.length === 0
        ? [el("span", { class: "quiet" }, "none")]
        : server.volumes.map((volume) => el("div", {}, volume.name))),
    ),
    cell("Machine", ...machine(server)),
    cell("Faults", faults(server)),
  );
}

function flags({ locked, protected: kept }) {
  const words = [...(locked ? ["locked"] : []), ...(kept ? ["protected"] : [])];
  return words.map((word) => el("div", { class: "quiet" }, word));
}

function addresses({ ipv4, ipv6, privateAddresses }) {
  const all = [...(ipv4 ? [ipv4] : []), ...(ipv6 ? [ipv6] : []), ...privateAddresses];
  if (all.length === 0) return [el("span", { class: "quiet" }, "none")];
  return all.map((address) => el("div", {}, copyable(address)));
}

function machine({ machine: seen, ipv4, ipv6 }) {
  if (!about.machines) return [el("span", { class: "quiet" }, "none: API alone")];
  if (!seen || seen.running === null) return [state("off", "idle")];
  const [words, tone] = MACHINES[seen.running] ?? [seen.running, "busy"];
  const address = ipv4 ?? ipv6;
  const ssh = seen.sshPorts.map((port) => {
    const short = `ssh ${port === 22 ? "" : `-p ${port} `}root@${address}`;
    return el("div", {}, copyable(short.replace("ssh ", `ssh -F ${about.sshConfig} `), short));
  });
  return [state(words, tone), ...(address && ssh.length > 0 ? ssh : [el("div", { class: "quiet" }, "does not answer ssh")])];
}

function faults({ id, name }) {
  const strike = (words, what, title) =>
    el(
      "button",
      { type: "button", title, "aria-label": `${words}: ${name}`, onclick: () => admin("POST", `/servers/${id}/${what}`) },
      words,
    );
  return el(
    "details",
    { class: "more" },
    el("summary", { "aria-label": `Faults of ${name}` }, "Faults"),
    el(
      "div",
      { class: "buttons" },
      about.machines ? strike("Cut ssh", "drop-ssh", "All its ssh connections die") : null,
      about.machines ? strike("Crash", "crash", "Its kernel panics: power stays on, nothing answers") : null,
      strike("Lose", "lose", "It is deleted behind its owner's back"),
    ),
  );
}
