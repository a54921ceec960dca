import { invalid } from './problem.ts';

/** Also checked by the table `ledger`. */
export const ledgerNamePattern = /^[0-9A-Za-z.-][0-9A-Za-z_.-]{0,62}$/;

/** @throws ProblemError VALIDATION for what is no name of a ledger. v1 had no rule but that `_system` was taken. */
export function checkLedgerName(name: string): string {
  if (!ledgerNamePattern.test(name)) {
    throw invalid('invalid ledger name: 1 to 63 of 0-9, A-Z, a-z, _, . and -, not beginning with _');
  }
  return name;
}
