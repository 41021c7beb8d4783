// Hetzner's own Python client, unchanged, uses every resource through its whole life. It is taken from where PYTHON points to, e.g.
// `PYTHON=/path/to/venv/bin/python` after `pip install hcloud` there.
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "../../src";

const run = promisify(execFile);

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9 me@example";
const PYTHON = process.env["PYTHON"] ?? "python3";
const atHand = spawnSync(PYTHON, ["-c", "import hcloud"]).status === 0;

if (!atHand) console.warn(`skipped: the official Python client, because ${PYTHON} has no module hcloud (pip install hcloud)`);

(atHand ? test : test.skip)(
  "the official Python client makes, changes and deletes everything",
  async () => {
    const cloud = await startEmulator({ machines: false });
    try {
      const { stdout } = await run(PYTHON, [join(__dirname, "life.py"), cloud.url, KEY]);

      expect(stdout).toBe("everything was made, changed and deleted\n");
      expect(cloud.snapshot()).toEqual({ servers: [], volumes: [], sshKeys: [], firewalls: [], primaryIps: [] });
    } finally {
      await cloud.stop();
    }
  },
  120_000,
);
