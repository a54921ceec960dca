import type { Refusal } from '../command/refusal.ts';
import type { Submission } from '../writer/submission.ts';

/** Why a request gets no answer of its own. The only map to HTTP is `problem-response.ts`. */
export type Problem =
  | ({ readonly kind: 'refused' } & Refusal)
  /** The transport's own rules, before any rule of the ledger. */
  | { readonly kind: 'body-too-large' | 'encoding-unsupported'; readonly message: string }
  | { readonly kind: 'method-not-allowed'; readonly message: string; readonly allowed: string }
  | { readonly kind: 'origin-refused'; readonly message: string }
  | Extract<Submission, { readonly kind: 'unavailable' }>
  | {
      readonly kind: 'unavailable';
      /** The keys that tokens are verified with. */
      readonly reason: 'keys';
      readonly message: string;
      readonly retryAfterSeconds: number;
    }
  | { readonly kind: 'defect' };

/** Thrown by handlers and what they call; the application's error handler answers with its problem. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.kind === 'defect' ? 'defect' : problem.message);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** The commonest problem: something is wrong with the form of the request. */
export function invalid(message: string): ProblemError {
  return new ProblemError({ kind: 'refused', code: 'VALIDATION', message });
}

/** Throws what a check found wrong with a request, if anything. */
export function refuse(message: string | undefined): void {
  if (message !== undefined) throw invalid(message);
}
