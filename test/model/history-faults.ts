import { chain } from './log-faults.ts';

/** What is kept of one ledger, in the order of its numbers. */
export interface LedgerHistory {
  readonly ledger: string;
  readonly transactions: readonly { readonly txid: number; readonly reference: string }[];
  readonly logs: readonly {
    readonly id: number;
    readonly type: string;
    /** The JSON that was hashed, byte for byte. */
    readonly data: string;
    readonly hash: string;
    readonly date: string;
  }[];
  /** Of its events. */
  readonly sequences: readonly number[];
}

/** Everything that no order of commands can leave behind: gaps, references taken twice, a chain that breaks, transactions that are not in the log. */
export function historyFaults({ ledger, transactions, logs, sequences }: LedgerHistory): string[] {
  const faults = [
    gapFault('txid', { numbers: transactions.map(({ txid }) => txid), first: 0 }),
    gapFault('log id', { numbers: logs.map(({ id }) => id), first: 0 }),
    gapFault('event sequence', { numbers: sequences, first: 1 }),
    referenceFault(transactions.map(({ reference }) => reference).filter((reference) => reference !== '')),
    chainFault(logs),
    loggedFault(logs, transactions.length),
  ];
  return faults.filter((fault) => fault !== undefined).map((fault) => `${ledger}: ${fault}`);
}

function gapFault(what: string, { numbers, first }: { numbers: readonly number[]; first: number }): string | undefined {
  const index = numbers.findIndex((number, place) => number !== place + first);
  return index === -1 ? undefined : `${what} ${index + first} should be there and ${numbers[index]} is`;
}

function referenceFault(references: readonly string[]): string | undefined {
  const seen = new Set<string>();
  const twice = references.find((reference) => seen.size === seen.add(reference).size);
  return twice === undefined ? undefined : `the reference ${twice} is taken twice`;
}

function chainFault(logs: LedgerHistory['logs']): string | undefined {
  let previous = 'null';
  for (const log of logs) {
    const { hash, text } = chain(previous, log);
    if (hash !== log.hash) return `log ${log.id} has the hash ${log.hash} and should have ${hash}`;
    previous = text;
  }
  return undefined;
}

/** Each transaction is in the log once, and in the order of txids. */
function loggedFault(logs: LedgerHistory['logs'], transactions: number): string | undefined {
  const txids = logs
    .filter(({ type }) => type === 'NEW_TRANSACTION')
    .map(({ data }) => Number(/"txid":(\d+)\}$/.exec(data)?.[1]));
  const numbers = gapFault('logged txid', { numbers: txids, first: 0 });
  if (numbers !== undefined) return numbers;
  return txids.length === transactions ? undefined : `${txids.length} of ${transactions} transactions are in the log`;
}
