/** Why the rules turned a command down: the caller's fault, with v1's codes and messages. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** v1's link to what a script did wrong. */
  readonly details?: string;
}

export type RefusalCode =
  | 'VALIDATION'
  | 'INSUFFICIENT_FUND'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'COMPILATION_FAILED'
  | 'METADATA_OVERRIDE'
  | 'NO_SCRIPT';
