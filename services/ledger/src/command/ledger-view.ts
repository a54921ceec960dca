import type { Posting } from './command.ts';
import type { Instant } from './instant.ts';
import type { Mapping } from './mapping.ts';
import type { Metadata } from './metadata.ts';

/** What an account received and sent of one asset, since ever. Balance = input - output. */
export interface Volumes {
  readonly input: bigint;
  readonly output: bigint;
}

/** The end of a ledger's log: what the next write continues from. */
export interface LedgerHead {
  readonly nextTxid: number;
  /** Of the transaction with the highest txid. */
  readonly lastTimestamp: Instant | undefined;
  readonly nextLogId: number;
  /** JSON of the last log row with its hash, as the next row's hash covers it; undefined before the first. */
  readonly lastLog: string | undefined;
  readonly lastEventSequence: number;
  readonly mappingVersion: number;
}

/** A transaction that is already written. Texts are finished JSON. */
export interface CommittedTransaction {
  readonly txid: number;
  readonly timestamp: Instant;
  readonly reference: string;
  readonly postings: readonly Posting[];
  readonly metadata: Metadata;
  readonly preCommitVolumes: string;
  readonly postCommitVolumes: string;
}

/** What a command may know of its ledger: exactly what was loaded under the lane's lock, and what its batch did so far. */
export interface LedgerView {
  readonly ledger: string;
  readonly head: LedgerHead;
  readonly mapping: Mapping;
  /** Zero for a pair that was never touched. */
  volumes(account: string, asset: string): Volumes;
  /** `{}` for an account without any. */
  accountMetadata(address: string): Metadata;
  hasReference(reference: string): boolean;
  transaction(txid: number): CommittedTransaction | undefined;
}
