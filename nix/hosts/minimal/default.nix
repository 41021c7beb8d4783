# The least that is a machine: reachable, safe, kept current. What a new host begins with.
{
  vps.security.updates.enable = true;

  system.stateVersion = "26.05";
}
