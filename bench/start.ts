// `npm start` as a newcomer runs it: the whole life of one machine.
import { join } from "node:path";
import execa from "execa";
import type { Figure } from "./figure";

export const start: Figure = {
  name: "start",
  title: "npm start, with the toolchain at hand",
  minutes: 1,
  measure: async () => {
    const begin = performance.now();
    const { exitCode, stdout, stderr } = await execa("npm", ["start"], { cwd: join(__dirname, ".."), reject: false });
    if (exitCode !== 0) throw new Error(`npm start ended with ${exitCode.toString()}:\n${stdout}\n${stderr}`);
    return {
      values: [{ key: "startSeconds", value: (performance.now() - begin) / 1000, unit: "s", goal: 60 }],
      parts: [],
      notes: ["real time"],
    };
  },
};
