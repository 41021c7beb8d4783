# OpenClaw on a machine of its own. The gateway listens to nobody outside; 443 is open for the day it gets a web address.
{
  vps.services.openclaw = {
    enable = true;
    keys.ANTHROPIC_API_KEY = "anthropic";
  };

  vps.security.firewall.ports.https.port = 443;
  vps.security.updates.enable = true;

  system.stateVersion = "26.05";
}
