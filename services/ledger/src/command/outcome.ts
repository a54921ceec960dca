import type { Event } from '@daybook/events';
import type { Instant } from './instant.ts';
import type { Mapping } from './mapping.ts';
import type { Metadata } from './metadata.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

/** What the client gets. */
export interface Answer {
  readonly status: number;
  /** Finished JSON; undefined for 204. */
  readonly body: string | undefined;
  /** Of the refusal that it tells with 200, as `/script` does. */
  readonly refusal?: RefusalCode;
}

/** A transaction to append. All but the first three are finished JSON. */
export interface NewTransaction {
  readonly txid: number;
  /** Cut off to the microsecond, which is what the database keeps: it would round, and then show another second. */
  readonly timestamp: Instant;
  readonly reference: string;
  readonly postings: string;
  readonly metadata: string;
  readonly preCommitVolumes: string;
  readonly postCommitVolumes: string;
}

/** Volumes of one (account, asset) after one transaction, and as what the account took part in it. */
export interface Move {
  readonly account: string;
  readonly asset: string;
  readonly txid: number;
  readonly input: bigint;
  readonly output: bigint;
  readonly isSource: boolean;
  readonly isDestination: boolean;
}

/** A row of the log before it is numbered and chained. */
export interface LogEntry {
  readonly type: 'NEW_TRANSACTION' | 'SET_METADATA';
  /** Finished JSON in Go's escaping, as it is hashed (v1.10). */
  readonly data: string;
  readonly date: Instant;
  /** The events that this row announces, in order. */
  readonly events: readonly Event[];
}

/** All that a command does, of one ledger, in the order in which it is applied. */
export interface Effects {
  readonly transactions: readonly NewTransaction[];
  readonly moves: readonly Move[];
  /** Patches, to be merged at top level. */
  readonly accountMetadata: readonly { readonly address: string; readonly metadata: Metadata }[];
  readonly transactionMetadata: readonly { readonly txid: number; readonly metadata: Metadata }[];
  readonly mapping: { readonly mapping: Mapping; readonly event: Event } | undefined;
  readonly log: readonly LogEntry[];
}

export const noEffects: Effects = {
  transactions: [],
  moves: [],
  accountMetadata: [],
  transactionMetadata: [],
  mapping: undefined,
  log: [],
};

/**
 * A command's result against a view. A refusal touches nothing. `effects` is undefined where nothing is to be written
 * (a preview). `refused-in-answer` is a refusal that v1 answers with 200: nothing is written but the idempotency record of its answer.
 */
export type Outcome =
  | { readonly kind: 'accepted'; readonly answer: Answer; readonly effects: Effects | undefined }
  | { readonly kind: 'refused-in-answer'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function refused(code: RefusalCode, message: string): Extract<Outcome, { kind: 'refused' }> {
  return { kind: 'refused', refusal: { code, message } };
}
