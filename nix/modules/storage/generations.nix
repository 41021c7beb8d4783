# A kept store also keeps the generations of the server before, with its disk and its addresses: to boot one of them here would lock
# everybody out. They are forgotten the first time that another root disk is seen.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  profile = "/nix/var/nix/profiles/system";
  record = "/nix/var/nix/vps-root-disk";
in
{
  options.vps.storage.forgetGenerations = lib.mkOption {
    type = lib.types.bool;
    default = false;
    description = "Delete the generations of an earlier server at the first boot of a new one. On by itself where the store is on a volume.";
  };

  config = lib.mkIf config.vps.storage.forgetGenerations {
    systemd.services.vps-forget-generations = {
      description = "Forget the generations of an earlier server";
      wantedBy = [ "multi-user.target" ];
      # While the switch that brings this is not confirmed yet, the way back must stay.
      restartIfChanged = false;
      path = [ config.nix.package ];
      serviceConfig.Type = "oneshot";
      script = ''
        here=$(${lib.getExe' pkgs.util-linux "findmnt"} -n -o PARTUUID --target /boot)
        before=$(cat ${record} 2>/dev/null || true)
        if [ -n "$before" ] && [ "$before" != "$here" ]; then
          nix-env --profile ${profile} --delete-generations old
          ${profile}/bin/switch-to-configuration boot
        fi
        if [ "$before" != "$here" ]; then
          echo "$here" > ${record}.next
          mv ${record}.next ${record}
        fi
      '';
    };
  };
}
