// One client among many: it makes a volume, changes it, looks for it and deletes it, again and again, as a tool would.
import { Agent, request } from "node:http";

/** Counts the requests of all clients, and says when enough were made. */
export class Allowance {
  made = 0;

  constructor(private readonly all: number) {}

  get isLeft(): boolean {
    return this.made < this.all;
  }

  count(): void {
    this.made += 1;
  }
}

interface Reply {
  status: number;
  body: { volume?: { id: number }; action?: { id: number; status: string } | null };
}

/** Lives until enough requests were made; what it has begun it ends. @throws Error for an answer that is not the one a tool would want */
export async function livesAsClient(url: string, name: string, allowance: Allowance): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (method: string, path: string, status: number, body?: unknown): Promise<Reply["body"]> => {
    const reply = await send(agent, method, `${url}${path}`, body);
    if (reply.status !== status) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    allowance.count();
    return reply.body;
  };
  const ended = async (action: { id: number; status: string } | null | undefined): Promise<void> => {
    for (let now = action; now?.status === "running" && allowance.isLeft;) now = (await ask("GET", `/actions/${now.id}`, 200)).action;
  };
  try {
    for (let round = 0; allowance.isLeft; round += 1) {
      const made = await ask("POST", "/volumes", 201, { name: `${name}-${round}`, size: 10, location: "fsn1", labels: { of: name } });
      const id = made.volume?.id ?? 0;
      await ended(made.action);
      await ask("GET", `/volumes/${id}`, 200);
      await ask("GET", `/volumes?label_selector=of=${name}`, 200);
      await ask("PUT", `/volumes/${id}`, 200, { labels: { of: name, round: `${round}` } });
      await ask("GET", "/volumes?per_page=50&sort=name:desc", 200);
      const bigger = await ask("POST", `/volumes/${id}/actions/resize`, 201, { size: 20 });
      await ended(bigger.action);
      await ask("GET", "/server_types", 200);
      await ask("DELETE", `/volumes/${id}`, 204);
    }
  } finally {
    agent.destroy();
  }
}

function send(agent: Agent, method: string, url: string, body: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: "Bearer any", ...(body !== undefined && { "content-type": "application/json" }) };
    const asked = request(url, { method, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, body: (text === "" ? {} : JSON.parse(text)) as Reply["body"] });
      });
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
