import { documents } from "../../steps/documents";
import { readDocument, secretsOf } from "../../steps/readDocument";
import { connectionDocument, newKeyPair, volume } from "./support/samples";

const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };

function problemOf(text: string): string {
  const read = readDocument("release", text);
  return "problem" in read ? read.problem : "";
}

test("a document that fits is taken as it is", () => {
  const document = { ...connectionDocument(keys), volume: volume(3) };

  expect(readDocument("release", JSON.stringify(document))).toEqual({ document });
});

test("every wrong field is named at once", () => {
  const document = { ...connectionDocument(keys), volume: { ...volume(3), device: "/dev/sda" }, address: 5, extra: 1 };

  const problem = problemOf(JSON.stringify(document));

  expect(problem).toContain("Nothing was touched");
  expect(problem).toContain("volume.device:");
  expect(problem).toContain("address:");
  expect(problem).toContain("extra");
});

test("no value of a document that does not fit is shown, because it may be a secret", () => {
  const document = { ...connectionDocument(keys), version: 2 };

  expect(problemOf(JSON.stringify(document))).not.toContain(keys.deploy.private.split("\n")[1]);
  expect(problemOf(`{ "token": "hunter2hunter2" `)).not.toContain("hunter2");
});

test("a document's secrets are known as such", () => {
  const input = documents.release.input.parse({ ...connectionDocument(keys), volume: volume(3) });

  expect(secretsOf(input)).toEqual(expect.arrayContaining([keys.deploy.private, "t".repeat(64)]));
});
