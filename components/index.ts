export { type CloudAccess, type ExistingVolume, cloudAccess, existingVolumes } from "./cloud";
export { type FormerVolumes, formerVolumes } from "./formerVolumes";
export { Machine, type MachineArgs } from "./machine";
export { checkVolumes } from "./machineStorage";
export { refuseRenames } from "./renamed";
export { PersistentVolume, type PersistentVolumeArgs } from "./persistentVolume";
