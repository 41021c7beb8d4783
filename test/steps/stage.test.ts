// stage, end to end on the emulated cloud.
import { Lab } from "./support/lab";
import { newKeyPair } from "./support/samples";
import { temporaryFolders } from "./support/temporaryFolder";

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

test("a server whose host key is not the expected one is refused at once, and nothing runs on it", async () => {
  const server = await lab.newServer("devserver-1", newKeyPair());

  const { code, stdout, stderr } = await lab.run("stage", lab.stageDocument(server, []));

  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/shows a host key that is neither.*No connection was made/s);
  expect(lab.log().map((line) => line.event)).toEqual(["begin", "fail"]);
});
