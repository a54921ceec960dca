import {
  committedTransactions,
  writeJson,
  writeString,
  writeVolumes,
  type TouchedPair,
  type TransactionParts,
  type VolumeTexts,
} from '@daybook/events';
import type { Posting, TransactionDraft } from './command.ts';
import { allowsBalance, checkPatternWork } from './compile-mapping.ts';
import { envelopeOf } from './envelope.ts';
import { checkEventSize } from './event-size.ts';
import type { Execution } from './execution.ts';
import {
  instantText,
  secondText,
  truncateToMicrosecond,
  truncateToSecond,
  zeroInstant,
  type Instant,
} from './instant.ts';
import type { LedgerView, Volumes } from './ledger-view.ts';
import { refused, type LogEntry, type Move, type NewTransaction, type Outcome } from './outcome.ts';
import { checkPastTimestamp } from './past-timestamp.ts';
import type { Refusal } from './refusal.ts';
import { BatchVolumes, TouchedVolumes, type SidedPair } from './touched-volumes.ts';

const conflictMessage = 'conflict error on reference';

/** Transactions that passed all rules, numbered, with what they change. */
export interface Commit {
  readonly kind: 'committed';
  /** The same transactions for answers and events. */
  readonly parts: readonly TransactionParts[];
  readonly transactions: readonly NewTransaction[];
  readonly moves: readonly Move[];
  /** One row for each transaction; the last one announces them all. */
  readonly log: readonly LogEntry[];
}

/**
 * Runs drafts one after the other, each seeing what those before it did, all or nothing: numbers, timestamps, references
 * and balances as v1.10 does (pkg/ledger/execute_txsdata.go).
 *
 * @param drafts at least one, checked for form
 */
export function commitTransactions(
  view: LedgerView,
  drafts: readonly TransactionDraft[],
  options: { readonly execution: Execution; readonly disableChecks: boolean },
): Commit | { readonly kind: 'refused'; readonly refusal: Refusal } {
  const { execution, disableChecks } = options;
  const tooMuch = disableChecks ? undefined : checkPatternWork(view.mapping, drafts);
  if (tooMuch !== undefined) return refused('VALIDATION', tooMuch);
  const batch = new BatchVolumes();
  const volumesNow = (account: string, asset: string): Volumes =>
    batch.current(account, asset) ?? view.volumes(account, asset);
  const references = new Set<string>();
  const planned: PlannedTransaction[] = [];
  let lastTimestamp = view.head.lastTimestamp;

  for (const [index, draft] of drafts.entries()) {
    if (draft.postings.length === 0) return refused('VALIDATION', `executing transaction data ${index}: no postings`);
    const { reference } = draft;
    const timestamp = timestampOf(draft, execution);
    const misplaced = checkPlace(view, { timestamp, reference }, { execution, lastTimestamp });
    if (misplaced !== undefined) return misplaced;
    if (references.has(reference)) return refused('CONFLICT', conflictMessage);
    lastTimestamp = timestamp;
    if (reference !== '') references.add(reference);

    const touched = new TouchedVolumes(volumesNow);
    for (const posting of draft.postings) touched.apply(posting);
    const { pairs } = touched;
    const broken = disableChecks ? undefined : pairs.find((pair) => !mayEndSo(view, pair));
    if (broken !== undefined) return refused('INSUFFICIENT_FUND', `balance.insufficient.${broken.asset}`);
    batch.absorb(pairs);
    planned.push(plan(draft, { txid: view.head.nextTxid + index, timestamp, pairs }));
  }

  const [first] = planned;
  const volumes = planned.length === 1 && first !== undefined ? first.volumes : writeVolumes(batch.pairs);
  const parts = planned.map((transaction) => transaction.parts);
  const event = committedTransactions(envelopeOf(view, execution), parts, volumes);
  const refusal = checkEventSize(event, execution.eventBytesMax);
  if (refusal !== undefined) return { kind: 'refused', refusal };

  return {
    kind: 'committed',
    parts,
    transactions: planned.map((transaction) => transaction.row),
    moves: planned.flatMap((transaction) => transaction.moves),
    log: planned.map(({ logData, timestamp }, index) => ({
      type: 'NEW_TRANSACTION',
      data: logData,
      date: timestamp,
      events: index === planned.length - 1 ? [event] : [],
    })),
  };
}

/** A transaction in every form that is stored or shown, each text made once. */
interface PlannedTransaction {
  readonly row: NewTransaction;
  readonly parts: TransactionParts;
  readonly volumes: VolumeTexts;
  readonly moves: readonly Move[];
  /** With every digit that the client sent, as the log hashes it. */
  readonly timestamp: Instant;
  readonly logData: string;
}

function plan(
  draft: TransactionDraft,
  numbered: { readonly txid: number; readonly timestamp: Instant; readonly pairs: readonly SidedPair[] },
): PlannedTransaction {
  const { txid, timestamp, pairs } = numbered;
  const volumes = writeVolumes(pairs);
  const postings = writePostings(draft.postings);
  const metadata = writeJson(draft.metadata);
  const reference = writeString(draft.reference);
  const { preCommit: preCommitVolumes, postCommit: postCommitVolumes } = volumes;
  const texts = { txid, postings, metadata, preCommitVolumes, postCommitVolumes };
  return {
    row: { ...texts, timestamp: truncateToMicrosecond(timestamp), reference: draft.reference },
    parts: { ...texts, timestamp: secondText(timestamp), reference },
    volumes,
    timestamp,
    moves: pairs.map(({ account, asset, after, isSource, isDestination }) => ({
      account,
      asset,
      txid,
      input: after.input,
      output: after.output,
      isSource,
      isDestination,
    })),
    logData: `{"postings":${postings},"reference":${reference},"metadata":${metadata},"timestamp":"${instantText(timestamp)}","txid":${txid}}`,
  };
}

/** Whether the mapping lets a pair end as it does. `world` may always, and so may what does not decrease. */
function mayEndSo(view: LedgerView, { account, before, after }: TouchedPair): boolean {
  if (account === 'world') return true;
  const balance = after.input - after.output;
  return balance >= before.input - before.output || allowsBalance(view, account, balance);
}

/** What v1 judges before all else: that a transaction does not lie before the last one, and that its reference is free. */
export function checkPlace(
  view: LedgerView,
  { timestamp, reference }: { readonly timestamp: Instant; readonly reference: string },
  { execution, lastTimestamp }: { readonly execution: Execution; readonly lastTimestamp: Instant | undefined },
): Extract<Outcome, { kind: 'refused' }> | undefined {
  if (execution.commitPolicy !== 'allow-past-timestamps') {
    const problem = checkPastTimestamp(timestamp, lastTimestamp);
    if (problem !== undefined) return refused('VALIDATION', problem);
  }
  return reference !== '' && view.hasReference(reference) ? refused('CONFLICT', conflictMessage) : undefined;
}

/** The writer's clock where the client gave no timestamp. */
export function timestampOf({ timestamp }: Pick<TransactionDraft, 'timestamp'>, execution: Execution): Instant {
  return timestamp === undefined || timestamp === zeroInstant ? truncateToSecond(execution.at) : timestamp;
}

/** Postings as finished JSON, in v1's key order. */
export function writePostings(postings: readonly Posting[]): string {
  return `[${postings.map(writePosting).join(',')}]`;
}

function writePosting({ source, destination, amount, asset }: Posting): string {
  return `{"source":${writeString(source)},"destination":${writeString(destination)},"amount":${amount},"asset":${writeString(asset)}}`;
}
