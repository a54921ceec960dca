import { integerOf, isJsonObject, parseJson, writeJson, type Json } from '../../packages/events/src/index.ts';
import { bind, compile, run } from '../../packages/numscript/src/index.ts';

/** A script of the page with the block behind it: what accounts have, and what comes of the script. */
export interface Example {
  readonly line: number;
  readonly script: string;
  /** Lines of `vars`, `balance` and `meta`. */
  readonly given: readonly string[];
  /** All other lines. */
  readonly expected: readonly string[];
}

const block = /```(\w+)\n([\s\S]*?)```/g;
const givenLine = /^(?:vars|balance|meta) /;

/** @throws Error for a script that has no result behind it */
export function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(block)].map(([, kind, text = ''], index, all) => ({
    kind,
    text,
    line: page.slice(0, all[index]?.index).split('\n').length,
  }));
  return blocks.flatMap(({ kind, text, line }, index) => {
    if (kind !== 'numscript') return [];
    const result = blocks[index + 1];
    if (result?.kind !== 'result') throw new Error(`the script in line ${line} has no result`);
    const lines = result.text.trimEnd().split('\n');
    return [
      {
        line,
        script: text,
        given: lines.filter((each) => givenLine.test(each)),
        expected: lines.filter((each) => !givenLine.test(each)),
      },
    ];
  });
}

/** What comes of an example, in the words of its page. */
export function outcomeOf({ script, given }: Example): string[] {
  const compiled = compile(script);
  if (compiled.kind === 'errors') {
    return compiled.errors.map(({ line, column, message }) => `error ${line}:${column} ${message}`);
  }
  const state = stateOf(given);
  const bound = bind(compiled.program, state.vars);
  if (bound.kind === 'refused') return [`unbound ${bound.message}`];
  const result = run(compiled.program, bound.variables, {
    balance: (account, asset) => state.balances.get(`${account} ${asset}`) ?? 0n,
    metadata: (address) => Object.fromEntries(state.metadata.get(address) ?? []),
  });
  if (result.kind === 'refused') return [`refused ${result.code} ${result.message.split('\n')[0]}`];
  return [
    ...result.postings.map(
      ({ source, destination, amount, asset }) => `${source} -> ${destination} ${amount} ${asset}`,
    ),
    ...Object.entries(result.metadata).map(([key, value]) => `tx ${key} ${writeJson(value)}`),
    ...result.accountMetadata.flatMap(({ address, metadata }) =>
      Object.entries(metadata).map(([key, value]) => `account ${address} ${key} ${writeJson(value)}`),
    ),
  ];
}

/** Expected lines with their JSON in the one form that `writeJson` gives it. */
export function normal(line: string): string {
  const [, head, json] = /^((?:tx|account) [^{]*)(\{.*\})$/.exec(line) ?? [];
  return head === undefined || json === undefined ? line : `${head}${writeJson(parseJson(json))}`;
}

function stateOf(given: readonly string[]) {
  let vars: Readonly<Record<string, Json>> = {};
  const balances = new Map<string, bigint>();
  const metadata = new Map<string, [key: string, value: Json][]>();
  for (const line of given) {
    const [word, first = '', second = '', ...rest] = line.split(' ');
    if (word === 'vars') vars = objectOf(line.slice('vars '.length));
    else if (word === 'balance') {
      const amount = integerOf(parseJson(second));
      if (amount === undefined) throw new Error(`${line}: ${second} is no amount`);
      balances.set(`${first} ${rest[0]}`, amount);
    } else metadata.set(first, [...(metadata.get(first) ?? []), [second, objectOf(rest.join(' '))]]);
  }
  return { vars, balances, metadata };
}

function objectOf(text: string): Readonly<Record<string, Json>> {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new Error(`${text} is no object`);
  return value;
}
