// How long things take, in seconds of virtual time.

export interface Latencies {
  createServer: number;
  firstBoot: number;
  deleteServer: number;
  powerOn: number;
  cleanPowerOff: number;
  /** Reset or reboot, until ssh answers. */
  reboot: number;
  createVolume: number;
  attachVolume: number;
  detachVolume: number;
  /** Any other action. */
  action: number;
  kexec: number;
  disko: number;
  /** Closure onto an empty store. */
  closureEmpty: number;
  /** Closure onto a kept store, for each changed generation; nothing if it is there. */
  closureChanged: number;
  /** Bootloader and activation in the installer. */
  bootloader: number;
  /** Switch without build. */
  switch: number;
  apiRequest: number;
  sshRoundTrip: number;
}

/** Figures with sources in the field's logs; fixed, so that results can be compared over time. */
export const realistic: Latencies = {
  createServer: 10,
  firstBoot: 18,
  deleteServer: 11,
  powerOn: 12,
  cleanPowerOff: 8,
  reboot: 30,
  createVolume: 2,
  attachVolume: 4,
  detachVolume: 4,
  action: 1,
  kexec: 45,
  disko: 10,
  closureEmpty: 120,
  closureChanged: 5,
  bootloader: 15,
  switch: 6,
  apiRequest: 0.1,
  sshRoundTrip: 0.05,
};

/** Nothing takes time: the order of things is all that is left. */
export const instant: Latencies = Object.fromEntries(Object.keys(realistic).map((name) => [name, 0])) as unknown as Latencies;

export const profiles = { instant, realistic };
export type Profile = keyof typeof profiles;
