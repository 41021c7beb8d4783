# What one wants at hand when something is wrong at night, and nothing that a server has no use for.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.tools;
in
{
  options.vps.tools = {
    enable = lib.mkEnableOption "a small set of tools, and the removal of what a server never needs";

    packages = lib.mkOption {
      type = lib.types.listOf lib.types.package;
      default = [ ];
      description = "More packages for everyone.";
    };

    foreignPrograms = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Run programs built for other distributions (VS Code's server, downloaded tools), by nix-ld.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [
      pkgs.curl
      # `nixos-rebuild --flake` with a flake in a Git repository calls it.
      pkgs.git
      pkgs.htop
      pkgs.jq
      pkgs.lsof
      pkgs.ncdu
      pkgs.ripgrep
      pkgs.rsync
      pkgs.tmux
      pkgs.tree
      pkgs.vim
    ]
    ++ cfg.packages;

    programs.nix-ld.enable = cfg.foreignPrograms;

    documentation.doc.enable = lib.mkDefault false;
    documentation.info.enable = lib.mkDefault false;
    documentation.nixos.enable = lib.mkDefault false;
    fonts.fontconfig.enable = lib.mkDefault false;
    xdg.icons.enable = lib.mkDefault false;
    xdg.mime.enable = lib.mkDefault false;
    xdg.sounds.enable = lib.mkDefault false;
  };
}
