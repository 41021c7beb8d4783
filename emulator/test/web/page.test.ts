// The page as a person sees it, in a real browser.
import type { Browser, Locator, Page } from "playwright-core";
import { Cloud } from "../api/support/cloud";
import { browserAtHand, describeInBrowser, PATIENCE_MS, startBrowser } from "./support/browser";
import { Door } from "./support/door";

const MARKUP = `<img src=x onerror="document.title='owned'">`;

let browser: Browser;
let cloud: Cloud;
let door: Door;
let page: Page;
let problems: string[];

beforeAll(async () => {
  if (browserAtHand !== undefined) browser = await startBrowser();
}, PATIENCE_MS);
afterAll(() => browserAtHand === undefined || browser.close());

describeInBrowser("the page", () => {
  beforeEach(async () => {
    cloud = await Cloud.start();
    door = await Door.open();
    door.lead(cloud.emulator.url);
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    problems = [];
    // Refusals of the content security policy are told here, too.
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(door.url);
    await page.getByText("live", { exact: true }).waitFor();
  }, PATIENCE_MS);
  afterEach(async () => {
    await page.close();
    await door.close();
    await cloud.stop();
  });

  const section = (name: string): Locator => page.getByRole("region", { name });
  const rowOf = (part: string, name: string): Locator => section(part).getByRole("row").filter({ hasText: name });

  test("shows a server that is made by the API, without being loaded again", async () => {
    await section("Servers").getByText("No servers yet").waitFor();

    const server = await cloud.newServer("web", { labels: { role: "front" } });

    const row = rowOf("Servers", "web");
    for (const text of [server.public_net.ipv4?.ip ?? "", "role=front", "cx23", "running"]) await row.getByText(text).first().waitFor();
    await section("Actions").getByText("create_server").waitFor();
    expect(problems).toEqual([]);
  });

  test("shows where a volume is attached, and when it leaves", async () => {
    const server = await cloud.newServer("web");
    const volume = await cloud.newVolume("data");
    await rowOf("Volumes", "data").getByText("nothing").waitFor();

    await cloud.act(`/volumes/${volume.id}`, "attach", { server: server.id });
    await rowOf("Volumes", "data").getByText("web").waitFor();
    await rowOf("Servers", "web").getByText("data").waitFor();

    await cloud.act(`/volumes/${volume.id}`, "detach");
    await rowOf("Volumes", "data").getByText("nothing").waitFor();
  });

  test("a fault that is switched on by a click hits the next request, and is off again", async () => {
    await page.getByRole("button", { name: "No server to be had" }).click();
    await section("Faults").getByRole("listitem").filter({ hasText: "POST /servers" }).waitFor();

    expect(await cloud.refusal("POST", "/servers", { name: "web", server_type: "cx23", image: "debian-13" })).toBe(
      "412 resource_unavailable",
    );

    await section("Faults").getByRole("listitem").waitFor({ state: "detached" });
    await rowOf("Requests", "/servers").getByText("412").waitFor();
  });

  test("any fault can be ordered by the form, with the keyboard alone, and be switched off", async () => {
    const summary = page.getByText("Another fault");
    await summary.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Fault", exact: true }).selectOption("Fail an action");
    await page.getByRole("combobox", { name: "Action", exact: true }).fill("create_volume");
    await page.keyboard.press("Enter");
    const order = section("Faults").getByRole("listitem").filter({ hasText: "create_volume" });
    await order.waitFor();
    expect(cloud.emulator.faults.list()).toMatchObject([{ kind: "failAction", pattern: "create_volume", left: 1 }]);

    await order.getByRole("button", { name: "Off" }).focus();
    await page.keyboard.press("Enter");
    await order.waitFor({ state: "detached" });

    expect(cloud.emulator.faults.list()).toEqual([]);
  });

  test("outages, limits, slow actions and what is sold out are ordered by the form, and switched off together", async () => {
    const orders = section("Faults").getByRole("listitem");
    await page.getByText("Another fault").click();
    const choose = (label: string, value: string): Promise<unknown> =>
      page.getByRole("combobox", { name: label, exact: true }).selectOption(value);
    const switchOn = async (fault: string, ...fields: [label: string, value: string][]): Promise<void> => {
      await choose("Fault", fault);
      for (const [label, value] of fields) await choose(label, value);
      await page.getByRole("button", { name: "Switch on", exact: true }).click();
    };
    await switchOn("Outage of a resource", ["Resource", "networks"]);
    await switchOn("Limit of the account", ["Resource", "firewalls"]);
    await switchOn("Slow an action down");
    await switchOn("Sell out a server type", ["Server type", "cx33"], ["Location", "fsn1"]);
    await orders.filter({ hasText: "cx33 is sold out in fsn1" }).waitFor();

    expect(await orders.count()).toBe(4);
    expect(await cloud.refusal("GET", "/networks")).toBe("503 unavailable");
    expect(await cloud.refusal("POST", "/firewalls", { name: "fw" })).toBe("403 resource_limit_exceeded");

    await page.getByRole("button", { name: "Switch all off" }).click();
    await orders.first().waitFor({ state: "detached" });
    expect(await cloud.refusal("GET", "/networks")).toBe("200");
    expect(await cloud.refusal("POST", "/firewalls", { name: "fw" })).toBe("201");
    expect(cloud.emulator.stock.list()).toEqual([]);
  });

  test("a request that is held is seen to wait, and released by a click", async () => {
    await page.getByRole("button", { name: "Hold the next request" }).click();
    await section("Faults").getByText("will wait").waitFor();
    const held = cloud.do("POST", "/firewalls", { name: "fw" });

    await rowOf("Requests", "/firewalls").getByText("waits").waitFor();
    await page.getByRole("button", { name: /^Release/ }).click();

    await held;
    await rowOf("Requests", "/firewalls").getByText("201").waitFor();
  });

  test("a server is lost by a click", async () => {
    await cloud.newServer("web");
    await rowOf("Servers", "web").getByText("Faults").click();
    await page.getByRole("button", { name: "Lose: web" }).click();

    await section("Servers").getByText("No servers yet").waitFor();
    expect(cloud.emulator.snapshot().servers).toEqual([]);
  });

  test("time is moved on by a click", async () => {
    await page.getByRole("button", { name: "+1 h" }).click();

    await page.getByText("1:00:00.0 since the start").waitFor();
    expect(cloud.emulator.clock.now()).toBe(3_600_000);
  });

  test("what was sent and answered is shown when asked for, without secrets", async () => {
    await cloud.newServer("web", { user_data: "#cloud-config secret-of-the-boot" });
    await rowOf("Requests", "/servers").filter({ hasText: "201" }).getByRole("button").click();

    const body = section("Requests").getByRole("cell").filter({ hasText: "Answer" });
    await body.getByText(`"user_data": "(not shown)"`).waitFor();
    await body.getByText(`"root_password": "(not shown)"`).waitFor();
    expect(await page.content()).not.toContain("secret-of-the-boot");
  });

  test("markup in texts of the cloud is shown as it is written, and does nothing", async () => {
    cloud.emulator.faults.failAction("create_volume", { code: "odd", message: MARKUP });
    cloud.emulator.faults.failNext(MARKUP, { status: 500, code: MARKUP });
    await expect(cloud.newVolume("data")).rejects.toThrow(MARKUP);
    await cloud.refusal("GET", `/servers?name=${encodeURIComponent(MARKUP)}`);

    await section("Actions").getByText(MARKUP).waitFor();
    await section("Faults").getByText(MARKUP).first().waitFor();
    await section("Requests").getByText(`name=${MARKUP}`).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).toBe("hcloud-emulator");
    expect(problems).toEqual([]);
  });

  test("comes back by itself after the emulator was restarted, and shows the new cloud alone", async () => {
    await cloud.newServer("before");
    await rowOf("Servers", "before").waitFor();

    door.lead(undefined);
    await cloud.stop();
    await page.getByText("reconnecting").waitFor();
    cloud = await Cloud.start();
    await cloud.newServer("after");
    door.lead(cloud.emulator.url);

    await rowOf("Servers", "after").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    expect(await rowOf("Servers", "before").count()).toBe(0);
  });

  test("the keyboard's place and what is open outlive a change of the row", async () => {
    const { id } = await cloud.newServer("web");
    const faults = rowOf("Servers", "web").getByText("Faults");
    await faults.focus();
    await page.keyboard.press("Enter");

    await cloud.do("PUT", `/servers/${id}`, { labels: { changed: "yes" } });
    await rowOf("Servers", "web").getByText("changed=yes").waitFor();

    await page.getByRole("button", { name: "Lose: web" }).waitFor();
    expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Faults");
  });

  test("nothing is cut off, on a phone or on any other screen", async () => {
    await cloud.newServer(`a-server-with-quite-a-long-name-${"x".repeat(30)}`, { labels: { [`key-${"y".repeat(50)}`]: "z".repeat(60) } });
    await rowOf("Servers", "a-server-with").waitFor();

    for (const width of [360, 800, 870, 1100, 1250, 1600]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(width);
    }
  });
});
