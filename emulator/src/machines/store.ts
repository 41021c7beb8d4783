import type { Paths } from "./paths";

export class Store {
  constructor(
    readonly paths: Paths,
    readonly evaluator: string[] | undefined,
  ) {}
}
