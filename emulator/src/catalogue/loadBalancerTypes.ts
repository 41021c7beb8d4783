// Sizes of load balancers. Names, numbers and limits are Hetzner's, prices are plausible (see prices.ts).

export interface LoadBalancerType {
  id: number;
  name: string;
  description: string;
  maxConnections: number;
  maxServices: number;
  maxTargets: number;
  maxCertificates: number;
  /** Net euros a month. */
  price: number;
}

function type(id: number, name: string, [connections, services, targets, certificates]: [number, number, number, number], price: number) {
  const limits = { maxConnections: connections, maxServices: services, maxTargets: targets, maxCertificates: certificates };
  return { id, name, description: name.toUpperCase(), ...limits, price };
}

export const loadBalancerTypes: readonly LoadBalancerType[] = [
  type(1, "lb11", [10_000, 5, 25, 10], 7.49),
  type(2, "lb21", [20_000, 15, 75, 25], 20.49),
  type(3, "lb31", [40_000, 30, 150, 50], 40.99),
];

export function findLoadBalancerType(idOrName: number | string): LoadBalancerType | undefined {
  return loadBalancerTypes.find(({ id, name }) => name === idOrName || id === Number(idOrName));
}

/** @throws Error when there is no such type, which for an id taken from a record cannot be */
export function loadBalancerTypeById(id: number): LoadBalancerType {
  const found = loadBalancerTypes.find((each) => each.id === id);
  if (!found) throw new Error(`there is no load balancer type ${id}`);
  return found;
}
