// `vps volume …`: what becomes of volumes between two `pulumi up`s. Only `initialise` makes a file system, on a volume that is proved to be
// empty, and only `delete` deletes.
import type { Registration } from "../../registration";
import { adopt } from "./adopt";
import { deleteVolume } from "./delete";
import { detach } from "./detach";
import { initialise } from "./initialise";
import { list } from "./list";
import { move } from "./move";

export const volume: Registration = (vps) => {
  const group = vps.command("volume").description("list, initialise, adopt, move, detach and delete the volumes of a stack");
  for (const register of [list, initialise, adopt, move, detach, deleteVolume]) register(group);
};
