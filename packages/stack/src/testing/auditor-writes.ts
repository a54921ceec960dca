import type { Overdraft } from './auditor-balances.ts';
import { arrayAt, integerAt, objectAt, type ExactJson, type ExactObject } from './auditor-event.ts';
import type { Findings } from './auditor-findings.ts';
import { groupBy, placeOf, type FirstAppearance } from './auditor-history.ts';
import type { ScriptTraces } from './auditor-scripts.ts';

/** The kinds of write that a workload sends. */
export const writeKinds = [
  'transaction',
  'batch',
  'script',
  'account-metadata',
  'transaction-metadata',
  'mapping',
  'revert',
] as const;
export type WriteKind = (typeof writeKinds)[number];

/** A write and what its last answer said. */
export interface ReportedWrite {
  kind: WriteKind;
  ledger: string;
  /**
   * What tells this write's event from all others of its ledger: a text in its metadata or contract, or for a revert
   * `reverts <txid>`. Undefined for a refused revert, which another may have beaten to it.
   */
  mark: string | undefined;
  /** `unknown`: no answer told whether it was written, so either is right, but not twice. */
  outcome: 'written' | 'refused' | 'previewed' | 'unknown';
  /** Of the transactions that it made, as the answer gave them. */
  txids: number[];
  /** How far it may take accounts below zero: nowhere without it. */
  overdrafts?: readonly Overdraft[];
  /** What a script leaves besides its transaction. */
  script?: ScriptTraces;
}

/** What a write that commits shows in the topic. */
export const typeOfWrite: Readonly<Record<WriteKind, string>> = {
  transaction: 'COMMITTED_TRANSACTIONS',
  batch: 'COMMITTED_TRANSACTIONS',
  script: 'COMMITTED_TRANSACTIONS',
  'account-metadata': 'SAVED_METADATA',
  'transaction-metadata': 'SAVED_METADATA',
  mapping: 'UPDATED_MAPPING',
  revert: 'REVERTED_TRANSACTION',
};

/** Holds what clients were told against the topic. */
export function auditWrites(
  firsts: readonly FirstAppearance[],
  writes: readonly ReportedWrite[],
  findings: Findings,
): void {
  const marked = groupBy(
    firsts.flatMap((first) => readMarks(first, findings)),
    ({ ledger, mark }) => `${ledger} ${mark}`,
  );
  for (const write of writes) {
    if (write.mark === undefined) {
      continue;
    }
    const events = marked.get(`${write.ledger} ${write.mark}`) ?? [];
    const name = `${write.kind} "${write.mark}" in ${write.ledger}`;
    if (events.length > 1) {
      findings.add('doubled-write', `${name} has ${events.length} events`);
    }
    if (write.outcome === 'written') {
      auditWritten(write, { name, event: events[0] }, findings);
    } else if (write.outcome !== 'unknown' && events.length > 0) {
      findings.add('trace', `${name} was ${write.outcome}`);
    }
  }
}

/** The write that a transaction in an event is of; undefined when it is of none that was reported. */
export type WriteOf = (ledger: string, transaction: ExactObject) => ReportedWrite | undefined;

/** Finds writes by the marks in the metadata of their transactions; a revert has none but what the ledger itself puts there. */
export function findWrites(writes: readonly ReportedWrite[]): WriteOf {
  const byMark = new Map(writes.map((write) => [`${write.ledger} ${write.mark}`, write]));
  return (ledger, { metadata }) => {
    const [mark] = textsIn(metadata, 'mark');
    const [reverted] = textsIn(metadata, 'com.numary.spec/state/reverts');
    return byMark.get(`${ledger} ${mark ?? `reverts ${reverted}`}`);
  };
}

interface MarkedEvent {
  ledger: string;
  mark: string;
  txids: bigint[];
}

function auditWritten(
  write: ReportedWrite,
  { name, event }: { name: string; event: MarkedEvent | undefined },
  findings: Findings,
): void {
  if (event === undefined) {
    findings.add('lost-write', `${name} has no event`);
  } else if (event.txids.join() !== write.txids.join()) {
    findings.add('lost-write', `${name} was answered with txids ${write.txids.join()}, not ${event.txids.join()}`);
  }
}

function readMarks(first: FirstAppearance, findings: Findings): MarkedEvent[] {
  try {
    const txids = txidsOf(first);
    return marksOf(first).map((mark) => ({ ledger: first.ledger, mark, txids }));
  } catch (error) {
    findings.add('malformed', `${placeOf(first.record)}: ${String(error)}`);
    return [];
  }
}

/** The marks that an event's body carries. */
function marksOf({ type, payload }: FirstAppearance): string[] {
  switch (type) {
    case 'COMMITTED_TRANSACTIONS':
      return [...new Set(transactionsOf(payload['transactions']).flatMap((each) => textsIn(each['metadata'], 'mark')))];
    case 'SAVED_METADATA':
      return textsIn(payload['metadata'], 'mark');
    case 'UPDATED_MAPPING':
      return contractsOf(payload['mapping']).flatMap((contract) => textsIn(contract, 'name'));
    case 'REVERTED_TRANSACTION':
      return [`reverts ${txidOf(payload['revertedTransaction'])}`];
    default:
      return [];
  }
}

function txidsOf({ type, payload }: FirstAppearance): bigint[] {
  switch (type) {
    case 'COMMITTED_TRANSACTIONS':
      return transactionsOf(payload['transactions']).map(txidOf);
    case 'REVERTED_TRANSACTION':
      return [txidOf(payload['revertTransaction'])];
    default:
      return [];
  }
}

function txidOf(transaction: ExactJson | undefined): bigint {
  return integerAt(objectAt(transaction, 'transaction')['txid'], 'txid');
}

function transactionsOf(value: ExactJson | undefined) {
  return arrayAt(value, 'transactions').map((transaction) => objectAt(transaction, 'transaction'));
}

function contractsOf(value: ExactJson | undefined): ExactJson[] {
  const { contracts } = objectAt(value, 'mapping');
  return contracts === null ? [] : arrayAt(contracts, 'contracts');
}

function textsIn(value: ExactJson | undefined, key: string): string[] {
  const text = objectAt(value, 'object')[key];
  return typeof text === 'string' ? [text] : [];
}
