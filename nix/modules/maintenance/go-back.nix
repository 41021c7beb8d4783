# A switch that needs a boot is confirmed after it, by `pulumi up` over a new connection. Until then a note names the former system, and
# this goes back to it when nobody came: a machine that lost its network cannot be told to.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.goBack;
  vpsPackages = import ../../packages { inherit pkgs; };
  note = "/var/lib/nixos-vps/unconfirmed";

  # The machine's own checks may take 3 minutes of the time; where they may take longer, it waits longer (steps/system/confirmationTime.ts).
  # Without the module that has them there are none.
  checkSeconds = lib.foldl' (sum: check: sum + check.limit + check.timeout + 3) 0 (
    lib.attrValues (config.vps.health or { })
  );
  beyondUsual = lib.optionalString (checkSeconds > 180) " ${toString (checkSeconds - 180)}s";

  # Not after sysinit.target as others are: a wrong file system ends in the emergency mode, which is when going back is needed most.
  early = {
    DefaultDependencies = false;
    ConditionPathExists = note;
  };
  untilShutdown = {
    before = [ "shutdown.target" ];
    conflicts = [ "shutdown.target" ];
  };
in
{
  options.vps.goBack = {
    enable = lib.mkEnableOption "the way back to the former system after a boot that nobody confirms";

    minutes = mkOption {
      # A whole boot's health check and confirmation must fit in.
      type = types.ints.between 2 1440;
      default = 10;
      description = "How long a booted system waits for its confirmation. The default is how long `pulumi up` waits for the machine to come back; from the passphrase on, where there is one. Longer by what `vps.health` may take beyond 3 minutes.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ vpsPackages.vps-go-back ];

    systemd.timers.vps-go-back = untilShutdown // {
      description = "Time to confirm the system that was booted";
      wantedBy = [ "sysinit.target" ];
      unitConfig = early;
      timerConfig = {
        # Not since the kernel's start: an encrypted machine may have waited for its passphrase for longer than this.
        OnActiveSec = "${toString cfg.minutes}min${beyondUsual}";
        AccuracySec = "1s";
      };
    };

    systemd.services.vps-go-back = untilShutdown // {
      description = "Going back to the former system, because nobody confirmed the one that was booted";
      # A switch neither starts nor stops it.
      restartIfChanged = false;
      stopIfChanged = false;
      unitConfig = early // {
        RequiresMountsFor = "/nix /boot";
        X-StopOnRemoval = false;
        StartLimitIntervalSec = 0;
      };
      path = [ config.nix.package ];
      serviceConfig = {
        Type = "oneshot";
        ExecStart = lib.getExe vpsPackages.vps-go-back;
        # A step may still hold the lock, and there is nobody who would try again.
        Restart = "on-failure";
        RestartSec = "1min";
      };
    };
  };
}
