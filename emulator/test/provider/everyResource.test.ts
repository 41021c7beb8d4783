// Every resource of the real hcloud provider: what it reads back is what it wrote, or the next plan would not be empty.
import * as hcloud from "@pulumi/hcloud";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { type ApiEmulator, startEmulator } from "../../src";
import { Project, pulumiAtHand } from "./support";

/** Only to fail in words where a test would hang. */
const LONGEST_MS = 600_000;

/** Resources that the program does not have, each with its reason. */
const LEFT_OUT: Record<string, string> = {
  Certificate: "the former name of UploadedCertificate",
  StorageBox: "another service, at an address of its own",
  StorageBoxSnapshot: "another service, at an address of its own",
  StorageBoxSubaccount: "another service, at an address of its own",
};

const ofThePackage = Object.entries(hcloud)
  .filter(([, member]) => typeof member === "function" && "__pulumiType" in member)
  .map(([name]) => name)
  // The provider itself is no resource.
  .filter((name) => name !== "Provider" && !(name in LEFT_OUT));

interface Plan {
  steps: { op: string; urn: string; detailedDiff?: unknown }[];
}

if (!pulumiAtHand) console.warn("skipped: every resource of the real provider, because there is no pulumi on PATH (npm run toolchain)");

/** Several of them lock the same server, and not every one is tried again by the provider when it comes upon a lock. */
const ONE_BY_ONE = ["--yes", "--parallel", "1"];

(pulumiAtHand ? describe : describe.skip)("every resource of the real provider", () => {
  let cloud: ApiEmulator;
  let project: Project;
  let afterUp: Plan;
  let afterRefresh: Plan;

  beforeAll(async () => {
    cloud = await startEmulator({ machines: false });
    project = await Project.create(cloud.url, {}, "everyResource.js");
    const key = generatePrivateKey("ecdsa");
    project.write("key.pub", key.toPublic().toString("ssh"));
    project.write("key.pem", key.toString("pkcs8"));
    project.write("certificate.pem", createSelfSignedCertificate(identityForHost("www.example.com"), key).toString("pem"));
    await project.pulumi("up", ...ONE_BY_ONE);
    afterUp = await plan();
    afterRefresh = await plan("--refresh");
  }, LONGEST_MS);
  afterAll(async () => {
    project.dispose();
    await cloud.stop();
  });

  const plan = async (...flags: string[]): Promise<Plan> =>
    JSON.parse(await project.pulumi("preview", "--json", "--show-sames", ...flags)) as Plan;
  const stepsOf = ({ steps }: Plan, type: string) => steps.filter(({ urn }) => urn.split("::")[2]?.endsWith(`:${type}`));

  test.each(ofThePackage)("%s: the plan after an up is empty, and with a refresh too", (type) => {
    for (const seen of [afterUp, afterRefresh]) {
      const changes = stepsOf(seen, type).filter(({ op }) => op !== "same" && op !== "refresh");
      expect(stepsOf(seen, type)).not.toEqual([]);
      expect(changes).toEqual([]);
    }
  });

  test(
    "a refresh finds nothing changed, and a destroy leaves nothing behind",
    async () => {
      await project.pulumi("refresh", "--yes", "--expect-no-changes");
      await project.pulumi("destroy", ...ONE_BY_ONE);

      const kinds = ["servers", "volumes", "ssh_keys", "networks", "placement_groups", "firewalls", "primary_ips", "floating_ips"];
      const further = ["certificates", "load_balancers", "zones", "images?type=snapshot"];
      for (const kind of [...kinds, ...further]) {
        const reply = await fetch(`${cloud.url}/${kind}`, { headers: { authorization: "Bearer any" } });
        const { meta } = (await reply.json()) as { meta: { pagination: { total_entries: number } } };
        expect([kind, meta.pagination.total_entries]).toEqual([kind, 0]);
      }
    },
    LONGEST_MS,
  );
});
