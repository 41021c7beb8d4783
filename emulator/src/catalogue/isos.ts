// A few of the public installation media.

export interface Iso {
  id: number;
  name: string;
  description: string;
  type: "public" | "private";
  architecture: "x86" | "arm" | null;
}

export const isos: readonly Iso[] = [
  {
    id: 108512,
    name: "nixos-minimal-25.11-x86_64-linux.iso",
    description: "NixOS 25.11 (amd64/minimal)",
    type: "public",
    architecture: "x86",
  },
  {
    id: 108513,
    name: "nixos-minimal-25.11-aarch64-linux.iso",
    description: "NixOS 25.11 (arm64/minimal)",
    type: "public",
    architecture: "arm",
  },
  {
    id: 107711,
    name: "debian-13.0.0-amd64-netinst.iso",
    description: "Debian 13.0 (amd64/netinstall)",
    type: "public",
    architecture: "x86",
  },
  { id: 26534, name: "virtio-win-0.1.285.iso", description: "Windows virtio drivers", type: "public", architecture: null },
];

export const findIso = (idOrName: number | string): Iso | undefined =>
  isos.find(({ id, name }) => name === idOrName || id === Number(idOrName));
