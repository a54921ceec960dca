import { check } from './check.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { scriptError, SyntaxFault, type ScriptError } from './script-error.ts';
import type { Script } from './syntax.ts';
import { tokenize } from './tokenize.ts';

/** A script that compiled. It holds no state: any number of runs may share it. */
export interface Program extends Script {
  readonly source: string;
  /** Whether it uses `meta()`: then what it touches depends on what is stored. */
  readonly readsMetadata: boolean;
  /** How many sources and destinations it names: it touches no more (account, asset) pairs but for those of `balance()`. */
  readonly accounts: number;
}

export type Compilation =
  | { readonly kind: 'program'; readonly program: Program }
  /** In the order of the source: the first that is no language, or up to ten that contradict its rules. */
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/** Compiles a script of Numscript as v1.10 has it. Never throws. */
export function compile(source: string): Compilation {
  const bytes = Buffer.byteLength(source);
  if (bytes > limits.sourceBytesMax) {
    const message = `the script is ${bytes} bytes long, the limit is ${limits.sourceBytesMax}`;
    return { kind: 'errors', errors: [scriptError(source, message, { start: 0, end: 0 })] };
  }
  let script: Script;
  try {
    script = parse(tokenize(source));
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { kind: 'errors', errors: [scriptError(source, error.message, error.span)] };
  }
  const checked = check(script);
  const faults = checked.faults.toSorted((a, b) => a.span.start - b.span.start).slice(0, limits.errorsMax);
  if (faults.length > 0) {
    return { kind: 'errors', errors: faults.map(({ message, span }) => scriptError(source, message, span)) };
  }
  const readsMetadata = script.declarations.some(({ origin }) => origin?.kind === 'meta');
  return { kind: 'program', program: { ...script, source, readsMetadata, accounts: checked.accounts } };
}
