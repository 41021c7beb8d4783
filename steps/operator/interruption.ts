import { constants } from "node:os";

/** A signal ends the work where it is: whatever it waits for, its children are ended and its traces removed. */
export class Interruption {
  /** Exit code, once a signal has come. */
  code: number | undefined;
  readonly happens: Promise<never>;

  constructor() {
    this.happens = new Promise((_resolve, reject) => {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
        process.on(signal, () => {
          this.code = 128 + constants.signals[signal];
          reject(new Error(`It was ended by ${signal}. Running it again goes on from here.`));
        });
      }
    });
    this.happens.catch(() => undefined);
  }
}
