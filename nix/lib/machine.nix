# One machine's facts become one NixOS system: all modules, the facts, and the host that the facts name.
{ lib, nixosModules }:
facts:
let
  # Checked before anything is evaluated from them: a wrong field is then one clear line, and not a trace through the module system.
  checked = import ../facts/check.nix facts;
  hosts = lib.attrNames (builtins.readDir ../hosts);
in
assert lib.assertMsg (lib.elem checked.host hosts)
  "facts.json: host: there is no nix/hosts/${checked.host}; there are ${lib.concatStringsSep ", " hosts}";
lib.nixosSystem {
  modules = [
    nixosModules.default
    ../facts/module.nix
    { vps.facts = checked; }
    (../hosts + "/${checked.host}")
  ];
}
