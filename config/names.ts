// How long names get at Hetzner, where the stack's and the machine's name are put together.

/** What `components/serverName.ts` leaves of stack and machine: 63 characters of a host name less a dash and six of suffix. */
export const SERVER_NAME_ROOM = 56;

/** `dev-devserver-home`: the name that a new volume gets. */
export function volumeNameAtHetzner(stack: string, machine: string, volume: string): string {
  return `${plainStack(stack)}-${machine}-${volume}`;
}

/** The part of a server's name that all servers of a machine share, cut where a host name would get too long. */
export function serverNameStem(stack: string, machine: string): string {
  return `${plainStack(stack).toLowerCase()}-${machine}`.slice(0, SERVER_NAME_ROOM).replace(/-+$/, "");
}

/** Pulumi's stack names may hold more than Hetzner's names. */
function plainStack(stack: string): string {
  return stack.replace(/[^A-Za-z0-9._-]+/g, "-");
}
