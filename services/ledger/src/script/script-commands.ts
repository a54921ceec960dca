import type { CommandDefinition } from '@daybook/config';
import { checkScript, scriptCheckCommand } from './check-command.ts';
import { InputFault } from './read-input.ts';
import type { ScriptIo } from './read-script.ts';
import { runScript, scriptRunCommand, type RunOptions } from './run-command.ts';

/** What can be done with a script of Numscript where no ledger is at hand. */
export const scriptCommands = {
  'script check': scriptCheckCommand,
  'script run': scriptRunCommand,
} as const satisfies Readonly<Record<string, CommandDefinition>>;

/** A command of those above as it was given. */
export type ScriptCommand = { readonly positionals: readonly string[] } & (
  | { readonly command: 'script check' }
  | { readonly command: 'script run'; readonly options: RunOptions }
);

/** Resolves to the exit code: 1 for a script that is at fault or refused, 2 for what cannot be taken as it was given. */
export async function runScriptCommand(given: ScriptCommand, io: ScriptIo): Promise<number> {
  const [file = ''] = given.positionals;
  try {
    return await (given.command === 'script check' ? checkScript(file, io) : runScript(file, given.options, io));
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    io.terminal.note(error.message);
    return 2;
  }
}
