import type { TraceContext } from '@daybook/events';
import type { Program, ScriptNeeds, Variables } from '@daybook/numscript';
import type { Instant } from './instant.ts';
import type { Mapping } from './mapping.ts';
import type { MetadataPatch } from './metadata.ts';
import type { Refusal } from './refusal.ts';

/** One movement of an amount (not negative, any size) of one asset. */
export interface Posting {
  readonly source: string;
  readonly destination: string;
  readonly amount: bigint;
  readonly asset: string;
}

/** A transaction as a client asks for it: not numbered, not checked against balances. */
export interface TransactionDraft {
  readonly postings: readonly Posting[];
  /** Empty when the client gave none. */
  readonly reference: string;
  readonly metadata: MetadataPatch;
  /** Undefined when the client gave none: the writer's clock decides. */
  readonly timestamp: Instant | undefined;
}

/** Which request an `Idempotency-Key` was first used for. */
export interface IdempotencyKey {
  readonly key: string;
  /** base64url(sha256(URL with query + raw body)), as v1.8 to v1.12 store it. */
  readonly requestHash: string;
}

interface AnyCommand {
  readonly ledger: string;
  readonly idempotency: IdempotencyKey | undefined;
  /** Size of the request's body in bytes, of the postings to revert, of what a script has loaded: what the limits on a batch and on the queue count. */
  readonly bytes: number;
  /** Of the request, where it is part of one; its events pass it on. */
  readonly trace?: TraceContext | undefined;
}

export interface CreateTransactions extends AnyCommand {
  readonly kind: 'create-transactions';
  /** One draft from `/transactions`, any number from `/transactions/batch`: all or nothing, and one event for all. */
  readonly drafts: readonly TransactionDraft[];
  /** Computes the answer and leaves no trace. */
  readonly preview: boolean;
}

export interface RunScript extends AnyCommand {
  readonly kind: 'run-script';
  readonly script: PreparedScript;
  /** Empty when the client gave none. */
  readonly reference: string;
  readonly metadata: MetadataPatch;
  readonly timestamp: Instant | undefined;
  /** Computes the answer and leaves no trace. */
  readonly preview: boolean;
  /** `/script` answers its refusals with 200. */
  readonly endpoint: 'transactions' | 'script';
}

/**
 * A compiled script with the values of its variables; or why there is none, which is told only after what v1 judges first: timestamp and
 * reference.
 */
export type PreparedScript =
  | {
      readonly kind: 'program';
      readonly program: Program;
      readonly variables: Variables;
      /** Undefined where it depends on what is stored: then it is asked for under the lane's lock. */
      readonly needs: ScriptNeeds | undefined;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface RevertTransaction extends AnyCommand {
  readonly kind: 'revert-transaction';
  readonly txid: number;
  readonly disableChecks: boolean;
  /** Postings of the transaction to revert, read before: they never change, and name the volumes to load. */
  readonly postings: readonly Posting[];
  /** Its reference, read before, empty when it has none: the revert's own reference is made of it, and must be loaded. */
  readonly reference: string;
}

export interface SaveAccountMetadata extends AnyCommand {
  readonly kind: 'save-account-metadata';
  readonly address: string;
  readonly metadata: MetadataPatch;
}

export interface SaveTransactionMetadata extends AnyCommand {
  readonly kind: 'save-transaction-metadata';
  readonly txid: number;
  readonly metadata: MetadataPatch;
}

export interface ReplaceMapping extends AnyCommand {
  readonly kind: 'replace-mapping';
  readonly mapping: Mapping;
}

/** A write request, parsed and checked for form. What the state says of it is decided by `execute`. */
export type Command =
  | CreateTransactions
  | RunScript
  | RevertTransaction
  | SaveAccountMetadata
  | SaveTransactionMetadata
  | ReplaceMapping;
