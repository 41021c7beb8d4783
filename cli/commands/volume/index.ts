// `vps volume …`: what becomes of volumes between two `pulumi up`s. Not one of these commands formats anything, and only `delete` deletes.
import type { Registration } from "../../registration";
import { adopt } from "./adopt";
import { deleteVolume } from "./delete";
import { detach } from "./detach";
import { list } from "./list";
import { move } from "./move";

export const volume: Registration = (vps) => {
  const group = vps.command("volume").description("list, adopt, move, detach and delete the volumes of a stack");
  for (const register of [list, adopt, move, detach, deleteVolume]) register(group);
};
