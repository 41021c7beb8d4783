export { ensureToolchain, type ToolchainOptions } from "./ensure";
export { ToolchainError } from "./errors";
export { createProgress, silent, type Progress } from "./progress";
export type { CliOrigin, PluginOrigin, Toolchain } from "./types";
