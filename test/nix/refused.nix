# For each wrong setting, the messages of the assertions that fail: of ours and of NixOS' own.
{ flake, lib, inputs }:
let
  wrong = import ./wrong.nix {
    inherit lib;
    pkgs = inputs.nixpkgs.legacyPackages.x86_64-linux;
  };
in
{
  # The machine that all of them start from has nothing wrong.
  control = map (entry: entry.message) (
    lib.filter (entry: !entry.assertion)
      (flake.lib.machine (flake.lib.examples.devserver // { host = "minimal"; })).config.assertions
  );
  says = lib.mapAttrs (_: case: case.says) wrong;
  messages = lib.mapAttrs (
    _: case:
    let
      facts = (case.facts or (facts: facts)) (flake.lib.examples.devserver // { host = "minimal"; });
      system = (flake.lib.machine facts).extendModules { modules = [ (case.settings or { }) ]; };
    in
    # An error that is not an assertion must fail its own case and not the batch.
    (
      let
        failed = map (entry: entry.message) (lib.filter (entry: !entry.assertion) system.config.assertions);
        attempt = builtins.tryEval (builtins.deepSeq failed failed);
      in
      if attempt.success then attempt.value else [ "evaluation stopped before the assertions" ]
    )
  ) wrong;
}
