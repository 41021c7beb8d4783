// What nix/facts/examples/encrypted.json comes to: the lines by which its volumes are opened and mounted. test/nix/crypttab.evaluated.test.ts
// holds them to the evaluated system.

/** The initrd's: root disk, and the volume with the store. (Its bind of /nix is left out: systemd 252 looks for its source outside of /sysroot.) */
export const EARLY = {
  fstab: `/dev/disk/by-partlabel/disk-main-root / ext4 x-initrd.mount,noatime 0 1
/dev/mapper/volume-home /home ext4 x-systemd.growfs,x-initrd.mount,noatime,nodev,x-systemd.device-timeout=120s 0 2
`,
  crypttab: `volume-home /dev/disk/by-id/scsi-0HC_Volume_101 /sysroot/etc/secrets/volumes/home luks,nofail,x-systemd.device-timeout=120s
`,
};

/** The system's: a volume without the store. */
export const LATE = {
  fstab: String.raw`/dev/mapper/volume-media /srv/media ext4 x-systemd.growfs,noatime,nodev,nofail,x-systemd.device-timeout=45s,x-systemd.before=local-fs.target,x-systemd.wanted-by=local-fs.target,x-systemd.wanted-by=dev-disk-by\x2did-scsi\x2d0HC_Volume_102.device 0 2
`,
  /** Beside the mount's unit: test/nix/units.evaluated.test.ts holds it to the evaluated system. */
  looked: "[Unit]\nAssertPathExists=!/var/lib/nixos-vps/volumes-unchecked\n",
  crypttab: `volume-media /dev/disk/by-id/scsi-0HC_Volume_102 /etc/secrets/volumes/media luks,nofail,headless=true,x-systemd.device-timeout=15s
`,
};
