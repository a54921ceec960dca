import type { OutboxRow } from '@daybook/outbox';
import type { IdempotencyKey } from '../command/command.ts';
import type { Metadata } from '../command/metadata.ts';
import type { Answer, Move, NewTransaction } from '../command/outcome.ts';

/** A log row, numbered and chained. */
export interface LogRow {
  readonly id: number;
  readonly type: string;
  readonly data: string;
  readonly hash: string;
  readonly date: string;
  readonly nextTxid: number;
  readonly lastEventSequence: number;
  readonly eventCount: number;
}

type OfLedger<Row> = Row & { readonly ledger: number };

/** All that a batch appends, in order, gathered while its commands run. */
export class BatchWrites {
  readonly ledgers: { readonly id: number; readonly name: string }[] = [];
  readonly transactions: {
    readonly ledger: number;
    readonly row: NewTransaction;
    /** Whether it lies before the transaction that was committed before it. */
    readonly isPast: boolean;
  }[] = [];
  readonly moves: { readonly ledger: number; readonly row: Move }[] = [];
  /** Accounts of which an (account, asset) pair was touched for the first time. Repeats are harmless. */
  readonly firstSeen: OfLedger<{ readonly address: string }>[] = [];
  readonly accountMetadata: OfLedger<{ readonly address: string; metadata: Metadata }>[] = [];
  readonly transactionMetadata: OfLedger<{ readonly txid: number; metadata: Metadata }>[] = [];
  readonly logs: { readonly ledger: number; readonly row: LogRow }[] = [];
  readonly mappings: OfLedger<{
    readonly version: number;
    readonly contracts: string | null;
    readonly eventSequence: number;
  }>[] = [];
  readonly idempotency: OfLedger<{ readonly key: IdempotencyKey; readonly answer: Answer }>[] = [];
  readonly outbox: OutboxRow[] = [];
  /** Length of the texts that grow with requests and with balances. */
  characters = 0;

  get isEmpty(): boolean {
    return this.outbox.length === 0 && this.idempotency.length === 0;
  }
}
