# shellcheck shell=bash
# Takes the generations of former servers out of the boot menu: they name disks and addresses that this server has not, and booting one
# would lock everybody out (nixos-deployment.md §5.6). Their store paths stay, held by links of their own, until the machine is confirmed on
# its new server (remember.sh, confirm.sh, confirmBoot.sh).

root=${ROOT:-/mnt}
lock_machine
is_installer || refuse "this is not the NixOS installer, so no generation is touched"

profiles=$root/nix/var/nix/profiles
former=$(former_generations "$root")
count=0
for link in "$profiles"/system-*-link; do
  [ -L "$link" ] || continue
  system=$(readlink "$link")
  mkdir -p "$former"
  ln -sfn "$system" "$former/${system##*/}"
  rm -f "$link"
  count=$((count + 1))
done
if [ "$count" -gt 0 ]; then rm -f "$profiles/system"; fi
# What a former server would have gone back to (activate.sh, bootNew.sh) is held no longer than its generations.
for root_of_way_back in "$root"/nix/var/nix/gcroots/nixos-vps-previous "$root"/nix/var/nix/gcroots/nixos-vps-before-boot; do
  [ -L "$root_of_way_back" ] || continue
  system=$(readlink "$root_of_way_back")
  mkdir -p "$former"
  ln -sfn "$system" "$former/${system##*/}"
  rm -f "$root_of_way_back"
done
echo "pruned $count"
