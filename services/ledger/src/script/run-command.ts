import { bind, run } from '@daybook/numscript';
import { givenState } from './given-state.ts';
import { readJsonFlag } from './read-json-flag.ts';
import { InputFault } from './read-input.ts';
import { readScript, scriptArgument, type ScriptIo } from './read-script.ts';
import { renderRun, runAsJson } from './run-report.ts';

/** The command `script run`. */
export const scriptRunCommand = {
  doc: 'Run a script of Numscript on given balances, and print its postings. Writes nothing, and asks no database.',
  readsSettings: false,
  options: {
    vars: {
      format: 'text',
      default: '{}',
      doc: 'The values of its variables: a JSON object as in a request, or @ and the name of a file of it.',
    },
    balances: {
      format: 'text',
      default: '{}',
      doc: 'What accounts have, 0 where not given: {"ACCOUNT": {"ASSET": 100}}, or @ and the name of a file of it.',
    },
    metadata: {
      format: 'text',
      default: '{}',
      doc: 'What meta() finds: {"ACCOUNT": {"KEY": {"type": "portion", "value": "90%"}}}, or @ and the name of a file of it.',
    },
    json: {
      format: 'boolean',
      default: false,
      doc: 'Print one JSON document: postings, metadata, accountMetadata, and printed.',
    },
  },
  positionals: scriptArgument,
} as const;

export interface RunOptions {
  readonly vars: string;
  readonly balances: string;
  readonly metadata: string;
  readonly json: boolean;
}

/**
 * Resolves to the exit code: 1 for a script that is not well-formed or is refused.
 *
 * @throws InputFault
 */
export async function runScript(file: string, options: RunOptions, io: ScriptIo): Promise<number> {
  const { terminal } = io;
  const vars = await readJsonFlag('--vars', options.vars);
  const given = givenState({
    balances: await readJsonFlag('--balances', options.balances),
    metadata: await readJsonFlag('--metadata', options.metadata),
  });
  const program = await readScript(file, io);
  if (program === undefined) return 1;
  const binding = bind(program, vars);
  if (binding.kind === 'refused') throw new InputFault(`--vars: ${binding.message}`);
  const result = run(program, binding.variables, given);
  if (result.kind === 'refused') {
    terminal.note(`${result.code}: ${result.message}`);
    if (result.hint !== undefined) terminal.note(result.hint);
    return 1;
  }
  terminal.print(options.json ? runAsJson(result) : renderRun(result));
  return 0;
}
