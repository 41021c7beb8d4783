// What the API answers when it refuses. Codes and status numbers are the API's own.

export interface FieldProblem {
  name: string;
  messages: string[];
}

/** A refusal that goes to the customer as the API's error document, or into an action's `error`. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export const notFound = (what: string, id: number | string): ApiError =>
  new ApiError(404, "not_found", `${what} with ID '${id}' not found`);

export function invalidInput(fields: FieldProblem[], message?: string): ApiError {
  const first = fields[0];
  const text = message ?? (first ? `invalid input in field '${first.name}': ${first.messages.join(", ")}` : "invalid input");
  return new ApiError(422, "invalid_input", text, { fields });
}

export const invalidField = (name: string, message: string): ApiError => invalidInput([{ name, messages: [message] }]);

export function notUnique(...names: string[]): ApiError {
  const fields = names.map((name) => ({ name, messages: ["is already used"] }));
  return new ApiError(409, "uniqueness_error", `${names.join(", ")} is already used`, { fields });
}

export const locked = (what: string): ApiError => new ApiError(423, "locked", `cannot perform operation because ${what} is locked`);

export const protectedFrom = (what: string, from: string): ApiError => new ApiError(423, "protected", `${what} ${from} is protected`);

export const serverNotStopped = (): ApiError => new ApiError(422, "server_not_stopped", "server must be stopped to perform this operation");

export const resourceUnavailable = (message: string): ApiError => new ApiError(412, "resource_unavailable", message);

export const conflict = (message: string): ApiError => new ApiError(409, "conflict", message);

export const unsupported = (message: string): ApiError => new ApiError(422, "unsupported_error", message);
