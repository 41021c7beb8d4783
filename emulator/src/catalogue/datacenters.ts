// The data centers of old, one in each location. Since July 2026 nothing refers to them, since October the API knows none.

export interface Datacenter {
  id: number;
  name: string;
  description: string;
  location: string;
}

export const datacenters: readonly Datacenter[] = [
  { id: 2, name: "nbg1-dc3", description: "Nuremberg 1 virtual DC 3", location: "nbg1" },
  { id: 3, name: "hel1-dc2", description: "Helsinki 1 virtual DC 2", location: "hel1" },
  { id: 4, name: "fsn1-dc14", description: "Falkenstein 1 virtual DC 14", location: "fsn1" },
  { id: 5, name: "ash-dc1", description: "Ashburn virtual DC 1", location: "ash" },
  { id: 6, name: "hil-dc1", description: "Hillsboro virtual DC 1", location: "hil" },
  { id: 7, name: "sin-dc1", description: "Singapore virtual DC 1", location: "sin" },
];

export function findDatacenter(idOrName: number | string): Datacenter | undefined {
  return datacenters.find(({ id, name }) => name === idOrName || id === Number(idOrName));
}
