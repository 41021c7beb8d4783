// What can be ordered, where. Names, sizes and numbers are Hetzner's as of autumn 2026; prices are plausible (see prices.ts).

export interface Deprecation {
  announced: string;
  unavailable_after: string;
}

export interface ServerType {
  id: number;
  name: string;
  description: string;
  category: "cost_optimized" | "regular_purpose" | "general_purpose";
  cores: number;
  /** GB. */
  memory: number;
  /** GB. */
  disk: number;
  cpuType: "shared" | "dedicated";
  architecture: "x86" | "arm";
  /** Net euros a month. */
  price: number;
  /** Where it is offered, and where its end has been announced. */
  locations: { name: string; deprecation: Deprecation | null }[];
}

const EU = ["fsn1", "nbg1", "hel1"];
const OVERSEAS = ["ash", "hil", "sin"];
const EVERYWHERE = [...EU, ...OVERSEAS];

const oldIntel: Deprecation = { announced: "2024-06-06T00:00:00Z", unavailable_after: "2024-09-06T00:00:00Z" };
const formerGeneration: Deprecation = { announced: "2025-10-16T00:00:00Z", unavailable_after: "2026-01-01T00:00:00Z" };

type Family = Pick<ServerType, "category" | "cpuType" | "architecture" | "locations">;

const offered = (names: string[], deprecation: Deprecation | null = null): ServerType["locations"] =>
  names.map((name) => ({ name, deprecation }));

const cx: Family = { category: "cost_optimized", cpuType: "shared", architecture: "x86", locations: offered(EU) };
const cxOld: Family = { ...cx, locations: offered(EU, oldIntel) };
const cax: Family = { category: "cost_optimized", cpuType: "shared", architecture: "arm", locations: offered(EU) };
const cpx: Family = { category: "regular_purpose", cpuType: "shared", architecture: "x86", locations: offered(EVERYWHERE) };
// The first generation ended in Europe only: a type can be orderable in one location and not in the next.
const cpxOld: Family = { ...cpx, locations: [...offered(EU, formerGeneration), ...offered(OVERSEAS)] };
const ccx: Family = { category: "general_purpose", cpuType: "dedicated", architecture: "x86", locations: offered(EVERYWHERE) };

function type(id: number, name: string, family: Family, [cores, memory, disk]: [number, number, number], price: number): ServerType {
  return { id, name, description: name.toUpperCase(), cores, memory, disk, price, ...family };
}

export const serverTypes: readonly ServerType[] = [
  type(1, "cx11", cxOld, [1, 2, 20], 3.29),
  type(22, "cpx11", cpxOld, [2, 2, 40], 4.99),
  type(23, "cpx21", cpxOld, [3, 4, 80], 8.99),
  type(24, "cpx31", cpxOld, [4, 8, 160], 15.99),
  type(25, "cpx41", cpxOld, [8, 16, 240], 29.99),
  type(26, "cpx51", cpxOld, [16, 32, 360], 64.99),
  type(45, "cax11", cax, [2, 4, 40], 5.99),
  type(93, "cax21", cax, [4, 8, 80], 9.99),
  type(94, "cax31", cax, [8, 16, 160], 18.99),
  type(95, "cax41", cax, [16, 32, 320], 36.99),
  type(96, "ccx13", ccx, [2, 8, 80], 42.99),
  type(97, "ccx23", ccx, [4, 16, 160], 85.99),
  type(98, "ccx33", ccx, [8, 32, 240], 138.49),
  type(99, "ccx43", ccx, [16, 64, 360], 275.99),
  type(100, "ccx53", ccx, [32, 128, 600], 549.99),
  type(101, "ccx63", ccx, [48, 192, 960], 824.99),
  type(108, "cpx12", cpx, [1, 2, 40], 10.99),
  type(109, "cpx22", cpx, [2, 4, 80], 19.49),
  type(110, "cpx32", cpx, [4, 8, 160], 35.49),
  type(111, "cpx42", cpx, [8, 16, 320], 69.49),
  type(112, "cpx52", cpx, [12, 24, 480], 100.49),
  type(113, "cpx62", cpx, [16, 32, 640], 129.99),
  type(114, "cx23", cx, [2, 4, 40], 5.49),
  type(115, "cx33", cx, [4, 8, 80], 8.49),
  type(116, "cx43", cx, [8, 16, 160], 15.99),
  type(117, "cx53", cx, [16, 32, 320], 29.49),
];

export function findServerType(idOrName: number | string): ServerType | undefined {
  return serverTypes.find(({ id, name }) => name === idOrName || id === Number(idOrName));
}

/** @throws Error when there is no such type, which for an id taken from a record cannot be */
export function serverTypeById(id: number): ServerType {
  const found = serverTypes.find((each) => each.id === id);
  if (!found) throw new Error(`there is no server type ${id}`);
  return found;
}
