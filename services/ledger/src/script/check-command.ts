import { printScript, type Program } from '@daybook/numscript';
import { readScript, scriptArgument, type ScriptIo } from './read-script.ts';

/** The command `script check`. */
export const scriptCheckCommand = {
  doc: 'Check a script of Numscript, and print it in its canonical form, without comments.',
  readsSettings: false,
  positionals: scriptArgument,
} as const;

/** Resolves to the exit code: 1 for a script that is not well-formed. */
export async function checkScript(file: string, io: ScriptIo): Promise<number> {
  const program = await readScript(file, io);
  if (program === undefined) return 1;
  io.terminal.print(printScript(program).trimEnd());
  io.terminal.note(summaryOf(program));
  return 0;
}

function summaryOf({ declarations, statements }: Program): string {
  const sends = statements.filter(({ kind }) => kind === 'send').length;
  const others = statements.length - sends;
  return [
    `well-formed: ${counted(declarations.length, 'variable')}`,
    counted(sends, 'send'),
    ...(others > 0 ? [counted(others, 'other statement')] : []),
  ].join(', ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
