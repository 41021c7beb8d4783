# What none of our background services needs, taken from them. They run as root, because they read and write what belongs to others.
{
  NoNewPrivileges = true;
  PrivateTmp = true;
  ProtectClock = true;
  ProtectControlGroups = true;
  ProtectHostname = true;
  ProtectKernelLogs = true;
  ProtectKernelModules = true;
  ProtectKernelTunables = true;
  LockPersonality = true;
  RestrictRealtime = true;
  RestrictSUIDSGID = true;
}
