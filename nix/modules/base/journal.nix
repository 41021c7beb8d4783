# The journal, small enough that a root disk of 20 GB never fills with it.
{ config, lib, ... }:
let
  cfg = config.vps.journal;
in
{
  options.vps.journal = {
    enable = lib.mkEnableOption "limits on the journal";

    maxSize = lib.mkOption {
      type = lib.types.strMatching "[1-9][0-9]*[MG]";
      default = "500M";
      description = "Most space it may take.";
    };

    keep = lib.mkOption {
      type = lib.types.str;
      default = "1month";
      description = "How long entries are kept.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.journald.extraConfig = ''
      SystemMaxUse=${cfg.maxSize}
      MaxRetentionSec=${cfg.keep}
      ForwardToSyslog=no
    '';
  };
}
