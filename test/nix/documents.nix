# What the generated documents say: every option of ours, and what the example hosts come to.
{ flake, lib }:
let
  # Code as code, and what is written in Markdown as it is.
  text =
    value:
    if value._type or "" == "literalMD" then
      value.text
    else
      "`${builtins.replaceStrings [ "\n" ] [ " " ] (value.text or (builtins.toJSON value))}`";
  shown = option: option.visible && !option.internal;
in
{
  options = map (option: {
    inherit (option) name type;
    default = if option ? default then text option.default else null;
    example = if option ? example then text option.example else null;
    description = if option ? description && builtins.isAttrs option.description then option.description.text else option.description or "";
    # Below the flake, wherever that lies.
    declared = map (file: lib.last (lib.splitString "/modules/" (toString file))) option.declarations;
  }) (lib.filter shown (lib.optionAttrSetToDocList { inherit (flake.nixosConfigurations.minimal.options) vps; }));

  modules = lib.attrNames (removeAttrs flake.nixosModules [ "default" ]);

  hosts = lib.mapAttrs (
    _: system:
    let
      inherit (system) config;
    in
    {
      inherit (config.vps.facts) host system;
      fileSystems = lib.mapAttrs (_: fs: "${fs.fsType} ${fs.device}${lib.optionalString fs.neededForBoot " (needed for boot)"}") (
        lib.filterAttrs (_: fs: fs.fsType != "tmpfs") config.fileSystems
      );
      ssh = config.services.openssh.ports;
      tcp = config.networking.firewall.allowedTCPPorts;
      udp = config.networking.firewall.allowedUDPPorts;
      users = lib.mapAttrs (_: user: user.uid) (lib.filterAttrs (name: user: user.isNormalUser || name == "root") config.users.users);
      units = lib.filter (name: lib.hasPrefix "vps-" name) (lib.attrNames config.systemd.units);
      health = lib.attrNames config.vps.health;
    }
  ) flake.nixosConfigurations;
}
