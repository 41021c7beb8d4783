# Language, time and keyboard. UTC, because logs of machines in several places are read side by side.
{ config, lib, ... }:
let
  cfg = config.vps.locale;
in
{
  options.vps.locale = {
    enable = lib.mkEnableOption "time zone, language and keyboard";

    timeZone = lib.mkOption {
      type = lib.types.str;
      default = "UTC";
      example = "Europe/Berlin";
      description = "Time zone.";
    };

    language = lib.mkOption {
      type = lib.types.str;
      default = "en_US.UTF-8";
      description = "Language of messages and formats.";
    };

    keyboard = lib.mkOption {
      type = lib.types.str;
      default = "us";
      description = "Keyboard of the console, which matters once: when the network is gone.";
    };
  };

  config = lib.mkIf cfg.enable {
    time.timeZone = cfg.timeZone;
    i18n.defaultLocale = cfg.language;
    # Every locale is built from source text; two are enough for a server.
    i18n.extraLocales = lib.mkDefault (lib.optional (cfg.language != "en_US.UTF-8") "en_US.UTF-8/UTF-8");
    console.keyMap = cfg.keyboard;
    services.timesyncd.enable = lib.mkDefault true;
  };
}
