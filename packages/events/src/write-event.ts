import type { Event, EventFormat, EventType } from './event.ts';
import { writeExpandedTransaction, writePlainTransaction, type TransactionParts } from './transaction-text.ts';
import type { VolumeTexts } from './volume-texts.ts';
import { writeString } from './write-json.ts';

// Key orders are those of v1.4 (the page on publishing to Kafka) and of v1.10 to v1.12 (pkg/bus/message.go). Bodies are
// put together from finished texts: nothing is serialised twice.

/** What stands around every payload. */
export interface Envelope {
  readonly format: EventFormat;
  readonly ledger: string;
  /** Of the event, not of a transaction: RFC 3339 in UTC, trailing zeros of the fraction trimmed. */
  readonly date: string;
}

/** Says that transactions were committed together, and what the pairs that they touched hold now. */
export function committedTransactions(
  envelope: Envelope,
  transactions: readonly TransactionParts[],
  volumes: VolumeTexts,
): Event {
  if (envelope.format === 'v1.4') {
    const texts = transactions.map(writePlainTransaction).join(',');
    return event(envelope, 'COMMITTED_TRANSACTIONS', `"transactions":[${texts}],"volumes":${volumes.totals}`);
  }
  const { preCommit, postCommit } = volumes;
  const texts = transactions.map(writeExpandedTransaction).join(',');
  const payload = `"transactions":[${texts}],"volumes":${postCommit},"postCommitVolumes":${postCommit},"preCommitVolumes":${preCommit}`;
  return event(envelope, 'COMMITTED_TRANSACTIONS', payload);
}

/** Says that a transaction was undone by another. The reverted one shows its own postings and already has the marker. */
export function revertedTransaction(envelope: Envelope, reverted: TransactionParts, revert: TransactionParts): Event {
  const write = envelope.format === 'v1.4' ? writePlainTransaction : writeExpandedTransaction;
  const payload = `"revertedTransaction":${write(reverted)},"revertTransaction":${write(revert)}`;
  return event(envelope, 'REVERTED_TRANSACTION', payload);
}

export interface SavedMetadata {
  readonly targetType: 'ACCOUNT' | 'TRANSACTION';
  /** A transaction's id is shown as a string, too. */
  readonly targetId: string;
  /** Only the keys that were sent, as finished JSON. */
  readonly metadata: string;
}

export function savedMetadata(envelope: Envelope, saved: SavedMetadata): Event {
  const target = `"targetType":"${saved.targetType}","targetId":${writeString(saved.targetId)}`;
  return event(envelope, 'SAVED_METADATA', `${target},"metadata":${saved.metadata}`);
}

/** Takes the whole new mapping as finished JSON. */
export function updatedMapping(envelope: Envelope, mapping: string): Event {
  return event(envelope, 'UPDATED_MAPPING', `"mapping":${mapping}`);
}

function event({ format, date, ledger }: Envelope, type: EventType, payload: string): Event {
  const name = writeString(ledger);
  const body =
    format === 'v1.4'
      ? `{"date":"${date}","type":"${type}","payload":{${payload}},"ledger":${name}}`
      : `{"date":"${date}","app":"ledger","version":"v1","type":"${type}","payload":{"ledger":${name},${payload}}}`;
  return { type, body };
}
