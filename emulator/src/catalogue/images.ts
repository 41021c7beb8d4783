// The operating systems that Hetzner offers, each for both architectures under one name and two ids.
import type { Image } from "../model/records";

interface Release {
  name: string;
  description: string;
  flavor: Image["osFlavor"];
  version: string;
  created: string;
  /** Id of the x86 and of the arm image; the older ones are Hetzner's own. */
  ids: [x86: number, arm: number];
  deprecated?: string;
  type?: "system" | "app";
}

const releases: Release[] = [
  {
    name: "debian-11",
    description: "Debian 11",
    flavor: "debian",
    version: "11",
    created: "2021-08-16T11:12:01Z",
    ids: [45557056, 103908070],
    deprecated: "2026-08-31T00:00:00Z",
  },
  {
    name: "debian-12",
    description: "Debian 12",
    flavor: "debian",
    version: "12",
    created: "2023-06-13T06:00:02Z",
    ids: [114690387, 114690389],
  },
  {
    name: "debian-13",
    description: "Debian 13",
    flavor: "debian",
    version: "13",
    created: "2025-08-18T06:33:02Z",
    ids: [310557660, 310557661],
  },
  {
    name: "ubuntu-22.04",
    description: "Ubuntu 22.04",
    flavor: "ubuntu",
    version: "22.04",
    created: "2022-04-21T13:32:38Z",
    ids: [67794396, 103908130],
  },
  {
    name: "ubuntu-24.04",
    description: "Ubuntu 24.04",
    flavor: "ubuntu",
    version: "24.04",
    created: "2024-04-25T13:26:27Z",
    ids: [161547269, 161547270],
  },
  {
    name: "ubuntu-26.04",
    description: "Ubuntu 26.04",
    flavor: "ubuntu",
    version: "26.04",
    created: "2026-04-24T09:12:11Z",
    ids: [352711408, 352711409],
  },
  {
    name: "fedora-43",
    description: "Fedora 43",
    flavor: "fedora",
    version: "43",
    created: "2025-11-04T08:20:10Z",
    ids: [329882304, 329882305],
  },
  {
    name: "rocky-9",
    description: "Rocky Linux 9",
    flavor: "rocky",
    version: "9",
    created: "2022-07-20T13:18:04Z",
    ids: [76766499, 103908146],
  },
  {
    name: "rocky-10",
    description: "Rocky Linux 10",
    flavor: "rocky",
    version: "10",
    created: "2025-07-01T07:10:02Z",
    ids: [300130482, 300130483],
  },
  { name: "alma-9", description: "AlmaLinux 9", flavor: "alma", version: "9", created: "2022-05-30T10:51:43Z", ids: [69726282, 103908142] },
  {
    name: "alma-10",
    description: "AlmaLinux 10",
    flavor: "alma",
    version: "10",
    created: "2025-06-11T06:58:22Z",
    ids: [293916120, 293916121],
  },
  {
    name: "centos-stream-10",
    description: "CentOS Stream 10",
    flavor: "centos",
    version: "10",
    created: "2025-01-21T09:33:51Z",
    ids: [219420290, 219420291],
  },
  {
    name: "opensuse-16",
    description: "openSUSE Leap 16",
    flavor: "opensuse",
    version: "16.0",
    created: "2025-10-06T08:00:00Z",
    ids: [322113410, 322113411],
  },
  {
    name: "docker-ce",
    description: "Docker CE",
    flavor: "ubuntu",
    version: "24.04",
    created: "2024-05-21T10:03:19Z",
    ids: [40093140, 105888141],
    type: "app",
  },
];

export const systemImages: readonly Image[] = releases.flatMap((release) =>
  (["x86", "arm"] as const).map((architecture, index) => ({
    id: release.ids[index] ?? 0,
    type: release.type ?? "system",
    status: "available" as const,
    name: release.name,
    description: release.description,
    imageSize: null,
    diskSize: release.type === "app" ? 20 : 5,
    created: release.created,
    createdFrom: null,
    boundTo: null,
    osFlavor: release.flavor,
    osVersion: release.version,
    protection: { delete: false },
    deprecated: release.deprecated ?? null,
    labels: {},
    architecture,
  })),
);
