# A place to work: projects, shell history, images and the store stay on the volume when the server goes.
{ config, pkgs, ... }:
let
  admin = config.vps.users.admin.name;
in
{
  vps.services.docker.enable = true;

  vps.tools.foreignPrograms = true;
  vps.configuration.keep = "copy";
  vps.maintenance.packageList = "/home/.vps/packages.txt";

  vps.security.updates = {
    enable = true;
    rebootWindow = "02:00-05:00";
  };

  vps.home.enable = true;
  vps.home.users.${admin} = {
    programs.git.enable = true;
    programs.direnv.enable = true;
    programs.direnv.nix-direnv.enable = true;
    home.packages = [
      pkgs.gh
      pkgs.nodejs
      pkgs.python3
    ];
  };

  system.stateVersion = "26.05";
}
