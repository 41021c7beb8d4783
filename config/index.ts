export type {
  AdminConfig,
  FirewallConfig,
  FirewallRule,
  HealthCheckConfig,
  Image,
  Location,
  MachineConfig,
  Protocol,
  RootDiskConfig,
  SshConfig,
  StackConfig,
  StorageLayout,
  Strategy,
  System,
  VolumeConfig,
} from "./types";
export { ConfigError, loadConfig } from "./load";
export { InvalidConfig, parseConfig } from "./parse";
export type { ApiToken, ConfigContext } from "./context";
export { volumeNameAtHetzner } from "./names";
