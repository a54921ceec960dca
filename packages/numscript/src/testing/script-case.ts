import { writeJson, type Json } from '@daybook/events';
import { expect } from 'vitest';
import { bind, compile, run, valueText } from '../index.ts';

/** A script, what it meets, and what must come of it. */
export interface ScriptCase {
  readonly name: string;
  /** In short form (see `written`). */
  readonly script: string | readonly string[];
  readonly vars?: Readonly<Record<string, Json>>;
  /** By `account ASSET`. */
  readonly balances?: Readonly<Record<string, bigint>>;
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Lines, or what refuses the script. */
  readonly gives: readonly string[] | Refusal;
  /** A part of the message of a refusal. */
  readonly says?: string;
}

type Refusal = 'not compiled' | 'not bound' | 'COMPILATION_FAILED' | 'INSUFFICIENT_FUND' | 'VALIDATION';

/** What comes of a case, to be compared with `expectedOf` it. The script is in both to be shown with a difference. */
export function outcomeOf({ script, vars = {}, balances = {}, metadata = {} }: ScriptCase) {
  const source = written(script);
  return { source, ...runOf(source, { vars, balances, metadata }) };
}

export function expectedOf({ script, gives, says = '' }: ScriptCase) {
  const message: unknown = expect.stringContaining(says);
  return { source: written(script), gives, says: message };
}

/** `send('[COIN 5]', '{ @a; @b }', '@x')`, in short form. */
export function send(amount: string, source: string, destination: string): string {
  return `send ${amount} (; source = ${source}; destination = ${destination}; )`;
}

/** A script from its short form: `;` and braces, which stand nowhere else, break lines. */
export function written(script: string | readonly string[]): string {
  return [script].flat().join('\n').replaceAll(/ *; */g, '\n').replaceAll(/\{ */g, '{\n').replaceAll(/ *\}/g, '\n}');
}

interface Given {
  readonly vars: Readonly<Record<string, Json>>;
  readonly balances: Readonly<Record<string, bigint>>;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

function runOf(source: string, { vars, balances, metadata }: Given) {
  const compiled = compile(source);
  if (compiled.kind === 'errors') {
    return { gives: 'not compiled', says: compiled.errors.map(({ message }) => message).join('\n') };
  }
  const bound = bind(compiled.program, vars);
  if (bound.kind === 'refused') return { gives: 'not bound', says: bound.message };
  const outcome = run(compiled.program, bound.variables, {
    // Whoever takes the balance of world for its funds goes wrong either way.
    balance: (account, asset) => balances[`${account} ${asset}`] ?? (account === 'world' ? -1_000_000n : 0n),
    metadata: (address) => metadata[address] ?? {},
  });
  if (outcome.kind === 'refused') return { gives: outcome.code, says: outcome.message };
  return { gives: linesOf(outcome), says: '' };
}

/** What a run did as lines: `a -> b 30 COIN`, `tx key {…}`, `@a key {…}` and `prints …`. */
function linesOf({ postings, metadata, accountMetadata, printed }: Extract<ReturnType<typeof run>, { kind: 'done' }>) {
  const entriesOf = (of: Readonly<Record<string, Json>>, whose: string) =>
    Object.entries(of).map(([key, value]) => `${whose} ${key} ${writeJson(value)}`);
  return [
    ...postings.map(({ source, destination, amount, asset }) => `${source} -> ${destination} ${amount} ${asset}`),
    ...entriesOf(metadata, 'tx').toSorted(),
    ...accountMetadata.flatMap((of) => entriesOf(of.metadata, `@${of.address}`)).toSorted(),
    ...printed.map((value) => `prints ${valueText(value)}`),
  ];
}
