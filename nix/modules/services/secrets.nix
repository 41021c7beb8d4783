# Secrets in Git, encrypted by sops to the machine's own ssh host key, which Pulumi makes and which a recreated machine keeps.
# Without sops a secret is a file that was copied to the machine; either way none of it goes through the store.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.vps.services.secrets;
in
{
  imports = [ ../security/ssh.nix ];

  options.vps.services.secrets = {
    enable = lib.mkEnableOption "secrets that sops-nix decrypts on the machine";

    file = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./secrets.yaml";
      description = "The encrypted file, made for the machine's public host key (`ssh-to-age`).";
    };

    names = mkOption {
      type = types.attrsOf (
        types.submodule {
          options.owner = mkOption {
            type = types.str;
            default = "root";
            description = "Who may read it.";
          };
        }
      );
      default = { };
      example = {
        "mail/password".owner = "shop";
      };
      description = "Secrets by their key in the file; each appears as /run/secrets/<key>.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.file != null;
        message = "vps.services.secrets.file: there is nothing to decrypt. Make a file with `sops`, and name it here.";
      }
      {
        assertion = config.services.openssh.hostKeys != [ ];
        message = "vps.services.secrets: secrets are decrypted with the ssh host key, and there is none. Set vps.security.ssh.enable = true.";
      }
    ];

    sops = {
      defaultSopsFile = lib.mkIf (cfg.file != null) cfg.file;
      age.sshKeyPaths = [ config.vps.security.ssh.hostKey ];
      gnupg.sshKeyPaths = [ ];
      secrets = lib.mapAttrs (_: secret: { inherit (secret) owner; }) cfg.names;
    };
  };
}
