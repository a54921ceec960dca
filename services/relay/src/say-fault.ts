import type { Terminal } from '@daybook/config';
import type { OperationFault } from './operator-request.ts';

/**
 * Says why a command did nothing. Gives the exit code: 2 when it was not in order, 1 when it cannot be done.
 *
 * @param optionOf what the command line calls a field, where that is not `--` and its name
 */
export function sayFault(
  fault: OperationFault,
  optionOf: Readonly<Record<string, string>>,
  terminal: Terminal,
): number {
  if (fault.kind !== 'invalid') {
    terminal.note(fault.message);
    return 1;
  }
  terminal.note(`${optionOf[fault.field] ?? `--${fault.field}`} ${fault.message}`);
  return 2;
}
