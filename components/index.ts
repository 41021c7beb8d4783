export { type CloudAccess, type ExistingVolume, cloudAccess, existingVolumes } from "./cloud";
export { Machine, type MachineArgs } from "./machine";
export { PersistentVolume, type PersistentVolumeArgs } from "./persistentVolume";
