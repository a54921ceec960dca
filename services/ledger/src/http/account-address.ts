import { isAddress } from '@daybook/events';
import { invalid } from './problem.ts';

/** @throws ProblemError VALIDATION for what is no address of an account */
export function checkAddress(address: string): string {
  if (!isAddress(address)) throw invalid('invalid account address format');
  return address;
}
