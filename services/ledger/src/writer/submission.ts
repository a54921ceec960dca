import type { Command } from '../command/command.ts';
import type { Answer } from '../command/outcome.ts';
import type { Refusal } from '../command/refusal.ts';

/** What became of a command. */
export type Submission =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      /** Served from its idempotency record. */ readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | {
      readonly kind: 'unavailable';
      /** `outcome-unknown`: the connection was lost during COMMIT; a retry with an idempotency key is safe. */
      readonly reason: 'queue-full' | 'lag' | 'stopping' | 'database' | 'outcome-unknown';
      readonly message: string;
      readonly retryAfterSeconds: number;
    };

/** Takes commands and answers each after its COMMIT. */
export interface Writer {
  submit(command: Command): Promise<Submission>;
}

/** What becomes of a command that met no database. */
export const databaseAbsent: Submission = {
  kind: 'unavailable',
  reason: 'database',
  message: 'the database is not available; nothing was written',
  retryAfterSeconds: 1,
};
