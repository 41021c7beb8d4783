// What schemathesis takes for a fault of the emulator and is none.

export interface FalseAlarm {
  /** Stands in the alarm; as long as it must be to stand in no other. */
  text: string;
  reason: string;
}

export const falseAlarms: readonly FalseAlarm[] = [];
