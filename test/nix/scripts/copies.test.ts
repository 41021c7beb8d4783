// The scripts that keep a copy of what the machine is, on real files.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { Stage } from "../support/script";

describe("vps-configuration-copy", () => {
  const prepared = (): Stage => {
    const stage = new Stage();
    stage.write("nixos/flake.nix", "{ }");
    stage.write("nixos/hosts/a/default.nix", "{ a = 1; }");
    return stage;
  };
  const args = (stage: Stage): string[] => ["--from", stage.path("nixos"), "--to", stage.path("volume/.nixos")];

  test("copies everything, and then finds nothing to do", () => {
    const stage = prepared();
    expect(stage.run("vps-configuration-copy", args(stage)).out).toContain("copied");
    expect(readFileSync(stage.path("volume/.nixos/hosts/a/default.nix"), "utf8")).toBe("{ a = 1; }");
    expect(stage.run("vps-configuration-copy", args(stage)).out).toContain("is current");
    expect(readdirSync(stage.path("volume"))).toEqual([".nixos"]);
  });

  test("takes away what is gone", () => {
    const stage = prepared();
    stage.run("vps-configuration-copy", args(stage));
    stage.write("volume/.nixos/left-over.nix", "");
    stage.run("vps-configuration-copy", args(stage));
    expect(existsSync(stage.path("volume/.nixos/left-over.nix"))).toBe(false);
  });

  test("keeps a good copy when the configuration is empty", () => {
    const stage = prepared();
    stage.run("vps-configuration-copy", args(stage));
    writeFileSync(stage.path("nixos/flake.nix"), "");
    expect(stage.run("vps-configuration-copy", args(stage)).code).toBe(2);
    expect(readFileSync(stage.path("volume/.nixos/flake.nix"), "utf8")).toBe("{ }");
  });

  test("changes nothing in a dry run", () => {
    const stage = prepared();
    expect(stage.run("vps-configuration-copy", [...args(stage), "--dry-run"]).out).toContain("would copy");
    expect(existsSync(stage.path("volume"))).toBe(false);
  });
});

describe("vps-packages", () => {
  const prepared = (...packages: string[]): Stage => {
    const stage = new Stage();
    stage.write("system/sw/.keep", "");
    stage.fake("nix-store", `printf '%s\\n' ${packages.map((name) => `/nix/store/${"a".repeat(32)}-${name}`).join(" ")}`);
    return stage;
  };

  test("writes names and versions, sorted, and only when they have changed", () => {
    const stage = prepared("vim-9.1", "curl-8.1", "curl-8.1");
    const args = ["--system", stage.path("system"), "--to", stage.path("list/packages.txt")];
    expect(stage.run("vps-packages", args).out).toContain("wrote 2 packages");
    expect(readFileSync(stage.path("list/packages.txt"), "utf8")).toBe("curl-8.1\nvim-9.1\n");
    expect(stage.run("vps-packages", args).out).toContain("is current");
  });

  test("shows what differs, with exit code 1", () => {
    const stage = prepared("vim-9.2");
    const before = stage.write("before.txt", "vim-9.1\n");
    const run = stage.run("vps-packages", ["--system", stage.path("system"), "--compare", before]);
    expect(run.code).toBe(1);
    expect(run.out).toContain("-vim-9.1\n+vim-9.2");
  });
});
