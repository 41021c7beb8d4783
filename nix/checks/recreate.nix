# The promise of the project on real disks: install with the store on the volume, boot, write, throw the server's disk away, install on
# another one, boot, and find everything.
{
  inputs,
  pkgs,
  lib,
  machine,
  examples,
  ...
}:
let
  inherit (pkgs.stdenv.hostPlatform) system isAarch64;
  # virtio disks carry their serial number in the by-id path, as Hetzner's carry the volume's id.
  byId = serial: "/dev/disk/by-id/virtio-${serial}";

  serverOn =
    disk:
    let
      example = examples.devserver;
      facts = example // {
        inherit system;
        host = "minimal";
        hardware = example.hardware // {
          rootDisk = byId disk;
          firmware = if isAarch64 then "uefi" else "bios";
          mac = null;
        };
        storage = example.storage // {
          volumes = map (volume: volume // { device = byId "home"; }) example.storage.volumes;
        };
      };
    in
    (machine facts).extendModules {
      modules = [
        "${inputs.nixpkgs}/nixos/modules/testing/test-instrumentation.nix"
        {
          # A small closure: what is tested is the disks.
          documentation.enable = false;
          vps.security.updates.enable = lib.mkForce false;
        }
      ];
    };
  first = (serverOn "root1").config.system.build;
  second = (serverOn "root2").config.system.build;

  qemu =
    (import "${inputs.nixpkgs}/nixos/lib/qemu-common.nix" { inherit (pkgs) lib stdenv; }).qemuBinary
      pkgs.qemu_test;
  disk = size: serial: {
    inherit size;
    driveConfig.deviceExtraOpts.serial = serial;
  };
in
pkgs.testers.runNixOSTest {
  name = "vps-recreate";

  nodes.installer = {
    environment.systemPackages = [ pkgs.e2fsprogs ];
    virtualisation = {
      memorySize = 2048;
      emptyDiskImages = [
        (disk 4096 "root1")
        (disk 4096 "root2")
        (disk 8192 "home")
      ];
      additionalPaths = [
        first.toplevel
        first.diskoScript
        second.toplevel
        second.diskoScript
      ];
    };
    nix.settings.substituters = lib.mkForce [ ];
  };

  testScript = ''
    def install(disko, toplevel):
        installer.succeed(
            disko,
            "mkdir -p /mnt/home /mnt/nix",
            "mount -o noatime,nodev ${byId "home"} /mnt/home",
            "install -d -m 0755 /mnt/home/.nix",
            "mount --bind /mnt/home/.nix /mnt/nix",
            f"nixos-install --root /mnt --system {toplevel} --no-root-passwd --no-channel-copy",
            "umount -R /mnt",
        )

    def boot(name, root):
        drives = " ".join(
            f"-drive file={installer.state_dir}/empty{index}.qcow2,id=d{index},if=none,werror=report"
            f" -device virtio-blk-pci,drive=d{index},serial={serial}"
            for index, serial in [(root - 1, f"root{root}"), (2, "home")]
        )
        firmware = "${lib.optionalString isAarch64 "-bios ${pkgs.OVMF.firmware}"}"
        server = create_machine(f"${qemu} -m 1024 {firmware} {drives}", name=name)
        server.wait_for_unit("multi-user.target")
        return server

    installer.wait_for_unit("multi-user.target")
    # Hetzner formats a new volume; nothing else ever does.
    installer.succeed("mkfs.ext4 -q ${byId "home"}")
    install("${first.diskoScript}", "${first.toplevel}")
    installer.shutdown()

    server = boot("first", 1)
    with subtest("the store is bound from the volume"):
        server.succeed("findmnt -n -o SOURCE /nix | grep -F '[/.nix]'")
        server.succeed("findmnt -n -o SOURCE /home | grep -F vd")
    server.succeed("sudo -u qwe sh -c 'echo kept > /home/qwe/note'")
    server.succeed("touch /on-the-server")
    server.shutdown()

    installer.start()
    installer.wait_for_unit("multi-user.target")
    install("${second.diskoScript}", "${second.toplevel}")
    installer.shutdown()

    server = boot("second", 2)
    with subtest("the machine is back, on another server"):
        server.succeed("grep -Fx kept /home/qwe/note")
        assert server.succeed("stat -c %U:%u /home/qwe/note").strip() == "qwe:1000"
        server.fail("test -e /on-the-server")
        server.wait_for_unit("sshd.service")
        server.succeed("test -e ${first.toplevel}")
    with subtest("the generations of the server before cannot be booted by mistake"):
        server.wait_until_succeeds("test $(ls -d /nix/var/nix/profiles/system-*-link | wc -l) = 1")
    with subtest("its health checks agree"):
        server.succeed("vps-health")
    server.shutdown()
  '';
}
