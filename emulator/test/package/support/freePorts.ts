import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** For each port of the README another that is free now. */
export async function freePorts(): Promise<(written: string) => number> {
  const free: number[] = [];
  for (let count = 0; count < 4; count++) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    free.push((server.address() as AddressInfo).port);
    server.close();
  }
  const given = new Map<string, number>();
  return (written) => {
    const port = given.get(written) ?? free[given.size];
    if (port === undefined) throw new Error("the README uses more ports than were looked for");
    given.set(written, port);
    return port;
  };
}
