# What "the machine works" means, as commands: each module adds its own, and a switch is confirmed only when all of them succeed.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  vpsPackages = import ../../packages { inherit pkgs; };

  checkType = types.submodule {
    options = {
      command = mkOption {
        type = types.str;
        description = "Shell command; the check passes when it exits with 0.";
      };
      timeout = mkOption {
        type = types.ints.between 1 600;
        default = 10;
        description = "Seconds after which one try counts as failed.";
      };
      limit = mkOption {
        type = types.ints.between 0 180;
        default = 0;
        description = "Seconds within which it is tried again when it fails, e.g. for a service that takes its time to start. 0: one try.";
      };
    };
  };
in
{
  options.vps.health = mkOption {
    type = types.attrsOf (types.coercedTo types.str (command: { inherit command; }) checkType);
    default = { };
    example = {
      website = "curl -fsS http://localhost/";
    };
    description = "Health checks by name: a command, or a command with its time limit. `vps-health` runs them.";
  };

  config = lib.mkIf (config.vps.health != { }) {
    environment.etc."vps/health.json".text = builtins.toJSON (
      lib.mapAttrsToList (name: check: { inherit name; } // check) config.vps.health
    );
    environment.systemPackages = [ vpsPackages.vps-health ];
  };
}
