# home-manager as a part of the system, so that a machine that is made again has its homes configured after the first boot.
{ config, lib, ... }:
let
  cfg = config.vps.home;
in
{
  options.vps.home = {
    enable = lib.mkEnableOption "home-manager for the users named here";

    users = lib.mkOption {
      type = lib.types.attrsOf lib.types.deferredModule;
      default = { };
      example = lib.literalExpression ''{ qwe = { programs.git.enable = true; }; }'';
      description = "home-manager configuration by user.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = lib.mapAttrsToList (name: _: {
      assertion = config.users.users.${name}.isNormalUser or false;
      message = "vps.home.users.${name}: there is no such user. Add users.users.${name} with isNormalUser = true, or correct the name.";
    }) cfg.users;

    home-manager = {
      useGlobalPkgs = true;
      useUserPackages = true;
      # A home that came with the volume already has files; without this the first activation refuses to touch them.
      backupFileExtension = lib.mkDefault "before-home-manager";
      users = lib.mapAttrs (_: module: {
        imports = [ module ];
        home.stateVersion = lib.mkDefault config.system.stateVersion;
      }) cfg.users;
    };
  };
}
