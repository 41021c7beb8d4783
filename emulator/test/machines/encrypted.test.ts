// LUKS as machines see it: the header is one that blkid knows, the passphrase is asked for, and only dm-crypt itself is stood in for.
import { asRoot, rig, type Rig } from "./support";
import { anywhere } from "./installed";
import { evaluator, system } from "./systems";

const DEVICE = "/dev/disk/by-id/scsi-0HC_Volume_7";
const FORMAT = `printf %s secret | cryptsetup luksFormat --batch-mode --type luks2 --key-file=- ${DEVICE}`;
const OPEN = `printf %s secret | cryptsetup open --type luks2 --key-file=- ${DEVICE} data`;

asRoot("an encrypted volume", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
    await it.host.createVolume(7, 10, null);
  });
  afterEach(() => it.close());

  test("is opened with its passphrase alone, and what was written is there on the next server", async () => {
    await it.server(1);
    await it.host.attachVolume(1, 7);

    await it.on(1, `${FORMAT} --subsystem marked`);
    expect(await it.on(1, `blkid -p -o value -s TYPE -s VERSION -s SUBSYSTEM ${DEVICE}`)).toBe("2\nmarked\ncrypto_LUKS");
    await it.on(1, `cryptsetup config --subsystem '' ${DEVICE}`);
    expect(await it.on(1, `blkid -p -o value -s TYPE -s SUBSYSTEM ${DEVICE}`)).toBe("crypto_LUKS");
    expect(await it.ssh(1, `printf %s wrong | cryptsetup open --key-file=- ${DEVICE} data`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("No key available") as string,
    });
    await it.on(
      1,
      `${OPEN} && mkfs.ext4 -q /dev/mapper/data && mkdir -p /mnt && mount /dev/mapper/data /mnt && echo precious >/mnt/file && sync`,
    );
    expect(await it.ssh(1, "cryptsetup close data")).toMatchObject({ code: 5 });
    expect(await it.on(1, "cryptsetup status data | sed -n 's/ *device: *//p'")).toBe(await it.on(1, `readlink -f ${DEVICE}`));
    await it.on(1, "umount /mnt && cryptsetup close data");
    expect(await it.ssh(1, "test -e /dev/mapper/data")).toMatchObject({ code: 1 });
    await it.host.detachVolume(1, 7);
    await it.server(2);
    await it.host.attachVolume(2, 7);

    expect(await it.on(2, `${OPEN} && mkdir -p /mnt && mount /dev/mapper/data /mnt && cat /mnt/file`)).toBe("precious");
  });

  test("that leaves while what is in it is mounted is a violation, as any volume is", async () => {
    await it.server(1);
    await it.host.attachVolume(1, 7);
    await it.on(1, `${FORMAT} && ${OPEN} && mkfs.ext4 -q /dev/mapper/data && mkdir -p /mnt && mount /dev/mapper/data /mnt`);

    await it.host.detachVolume(1, 7);

    expect(it.journal.entries.filter(({ kind }) => kind === "violation")).toHaveLength(1);
    expect(await it.on(1, "findmnt -rn /mnt; ls /dev/mapper; echo gone")).toBe("gone");
  });

  test.each([
    ["boots from the key file on its root disk", "secret", /^boot nixos/],
    ["does not boot from another key", "another", /^boot emergency \/home could not be mounted: .*No key available/],
  ])("with the store on it: a machine %s", async (_, key, boots) => {
    const change = {
      luks: { data: { device: DEVICE, keyFile: "/etc/secrets/volumes/data" } },
      fileSystems: {
        "/home": {
          device: "/dev/mapper/data",
          fsType: "ext4",
          options: ["x-systemd.device-timeout=120s"],
          neededForBoot: true,
          depends: [],
        },
        "/nix": { device: "/home/.nix", fsType: "none", options: ["bind"], neededForBoot: false, depends: ["/home"] },
      },
    };
    const description = system({ serverId: 1, keys: [it.publicKey], change });
    await it.server(1);
    await it.host.attachVolume(1, 7);
    await anywhere(it, 1, "kexec,disko", description);
    await it.on(
      1,
      `${FORMAT} && ${OPEN} && mkfs.ext4 -q /dev/mapper/data && mkdir -p /mnt/home /mnt/nix && mount /dev/mapper/data /mnt/home`,
    );
    await it.on(1, `mkdir /mnt/home/.nix && mount --bind /mnt/home/.nix /mnt/nix`);
    await it.on(1, `mkdir -p /mnt/etc/secrets/volumes && printf %s ${key} >/mnt/etc/secrets/volumes/data`);
    const since = it.journal.entries.length;

    await anywhere(it, 1, "install,reboot", description, "--copy-host-keys");

    await it.until(boots, since);
  });
});
