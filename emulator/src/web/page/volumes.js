// Volumes, and where they are attached.
import { cell, copyable, count, el, fill, find, labels, state } from "./dom.js";

export function showVolumes(volumes) {
  const section = find("#volumes");
  count(section, volumes.length);
  fill(find("tbody", section), volumes, ({ id }) => id, row);
}

function row(volume) {
  const { id, name, server, size, format, location, device } = volume;
  const attached = server ? state(server.name, "good") : state(volume.status === "creating" ? "being created" : "nothing", "idle");
  const flags = [...(volume.locked ? ["locked"] : []), ...(volume.protected ? ["protected"] : [])];
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("strong", {}, name), el("span", { class: "id" }, id), labels(volume.labels)),
    cell("Attached to", attached, ...flags.map((word) => el("div", { class: "quiet" }, word))),
    cell("Size", `${size} GB `, el("span", { class: "quiet" }, format ?? "not formatted")),
    cell("Location", location),
    cell("Device", copyable(device, device.replace("/dev/disk/by-id/", "…/"))),
  );
}
