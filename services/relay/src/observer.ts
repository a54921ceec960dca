import type { ParkedState, PoisonPolicy, Position } from '@daybook/outbox';
import type { Failure } from './publisher.ts';

/** Why a lane does not go on by itself soon: a hole in its rows, a refused row, or a topic that has what the database does not. */
export type HaltReason = 'hole' | 'poison' | 'ahead';

/** What happens in a relay, for metrics and for tests that wait for it. */
export type Signal =
  | { readonly kind: 'lane-started'; readonly position: Position }
  | { readonly kind: 'lane-released'; readonly lane: number }
  | { readonly kind: 'rows-read'; readonly rows: number; readonly lanes: number }
  | { readonly kind: 'rows-sent'; readonly rows: number }
  | {
      readonly kind: 'rows-acknowledged';
      readonly topic: string;
      readonly rows: number;
      readonly committedAt: ReadonlySet<string>;
    }
  | { readonly kind: 'rows-refused'; readonly failure: Failure; readonly rows: number }
  | { readonly kind: 'rows-skipped'; readonly type: string; readonly rows: number }
  | { readonly kind: 'rows-set-aside'; readonly rows: number }
  | { readonly kind: 'rows-found-in-topic'; readonly rows: number }
  | {
      readonly kind: 'row-parked';
      readonly lane: number;
      readonly seq: number;
      readonly ledger: string;
      readonly topic: string;
      readonly policy: PoisonPolicy;
      readonly state: ParkedState;
      readonly failure: Failure;
    }
  | { readonly kind: 'key-held'; readonly lane: number; readonly key: string; readonly fromSeq: number }
  | { readonly kind: 'key-released'; readonly lane: number; readonly key: string }
  | { readonly kind: 'lanes-taken-over'; readonly lanes: number; readonly rows: number }
  | { readonly kind: 'lane-doubted'; readonly lane: number }
  | { readonly kind: 'position-appended'; readonly positions: readonly Position[] }
  | {
      readonly kind: 'lane-held';
      readonly lane: number;
      readonly seq: number;
      readonly attempt: number;
      readonly delayMs: number;
      readonly failure: Failure;
    }
  | {
      readonly kind: 'lane-halted';
      readonly lane: number;
      readonly seq: number;
      readonly reason: HaltReason;
      readonly error: Error;
    }
  | { readonly kind: 'lane-resumed'; readonly lane: number }
  | { readonly kind: 'members-changed'; readonly members: readonly string[] }
  | { readonly kind: 'share-lapsed' }
  | { readonly kind: 'listen-lost' }
  | { readonly kind: 'listen-restored' }
  | { readonly kind: 'database-lost' }
  | { readonly kind: 'database-restored' };

export type Observe = (signal: Signal) => void;
