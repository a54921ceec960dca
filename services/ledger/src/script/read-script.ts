import type { Terminal } from '@daybook/config';
import { compile, describeErrors, limits, type Program } from '@daybook/numscript';
import { readInput } from './read-input.ts';

/** What the commands on scripts take. */
export const scriptArgument = [
  { name: 'file', doc: 'The script, in UTF-8; - reads standard input.', required: true },
] as const;

export interface ScriptIo {
  readonly terminal: Terminal;
  readonly stdin: AsyncIterable<Uint8Array>;
}

/**
 * Compiles the script of a file. Undefined for one that is not well-formed, after the terminal said why.
 *
 * @throws InputFault for a file that cannot be read
 */
export async function readScript(file: string, { terminal, stdin }: ScriptIo): Promise<Program | undefined> {
  const source = await readInput(file, { bytesMax: limits.sourceBytesMax, stdin });
  const compilation = compile(source);
  if (compilation.kind === 'program') return compilation.program;
  terminal.note(describeErrors(source, compilation.errors));
  return undefined;
}
