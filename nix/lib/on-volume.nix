# Whether a path outlives the server: it lies on a file system that is mounted below /. The assertions of all services ask this.
{ lib }:
config: path:
lib.any (mountPoint: mountPoint != "/" && lib.path.hasPrefix (/. + mountPoint) (/. + path)) (
  lib.attrNames config.fileSystems
)
