import { ApiError } from "../model/errors";
import type { Project } from "../model/project";
import type { World } from "../model/world";

export interface TokenRights {
  /** Name of the project whose resources it shows. */
  project: string;
  readOnly?: boolean;
}

const DEFAULT_PROJECT = "default";

/** Who may do what. Without a list of tokens any token will do, and all of them share one project. */
export class Tokens {
  constructor(private readonly known?: Record<string, TokenRights>) {}

  /** @throws ApiError 401, or `token_readonly` when it may only read */
  projectFor(world: World, authorization: string | undefined, method: string): Project {
    const rights = this.check(authorization);
    if (rights.readOnly && method !== "GET") {
      throw new ApiError(401, "token_readonly", "the token is only allowed to perform GET requests");
    }
    return world.project(rights.project);
  }

  /** Whose limit of requests it counts against: its project's, or that of all strangers together. */
  callerOf(authorization: string | undefined): string {
    try {
      return `project ${this.check(authorization).project}`;
    } catch {
      return "strangers";
    }
  }

  /** @throws ApiError 401 when there is no token or not a good one */
  check(authorization: string | undefined): TokenRights {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw new ApiError(401, "unauthorized", "token is required");
    if (!this.known) return { project: DEFAULT_PROJECT };
    const rights = Object.hasOwn(this.known, token) ? this.known[token] : undefined;
    if (!rights) throw new ApiError(401, "unauthorized", "the token you have provided is invalid");
    return rights;
  }
}
