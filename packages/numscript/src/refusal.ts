import { describeAt } from './script-error.ts';
import type { Span } from './syntax.ts';

/** Why a run ended without a result, with v1's code. */
export interface RunRefusal {
  /** VALIDATION is what v1 answers with an internal error: `fail`, different assets, amounts below zero. */
  readonly code: 'COMPILATION_FAILED' | 'INSUFFICIENT_FUND' | 'VALIDATION';
  readonly message: string;
  /** What v1's message does not say, for whoever writes the script. */
  readonly hint?: string;
}

/** Ends a run. */
export class RunFault extends Error {
  override readonly name = 'RunFault';
  readonly refusal: RunRefusal;

  constructor(refusal: RunRefusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** What is wrong at a place of the script that only a run can tell. */
export function faultAt(source: string, span: Span, message: string): RunFault {
  return new RunFault({ code: 'VALIDATION', message: describeAt(source, message, span) });
}
