import type { MetricsSnapshot } from '@daybook/runtime';

/** What a question came to; a failure is told by its message. */
export type Outcome<Value> = { readonly value: Value } | { readonly failure: string };

/** What a worker tells its parent. */
export type WorkerMessage =
  /** It listens, and can write. */
  | { readonly kind: 'serving' }
  | { readonly kind: 'page-wanted'; readonly id: number }
  | { readonly kind: 'snapshot'; readonly id: number; readonly outcome: Outcome<MetricsSnapshot> };

/** What a parent tells a worker. */
export type ParentMessage =
  | { readonly kind: 'stop' }
  /** Each of the others serves, or has failed to. */
  | { readonly kind: 'others-started' }
  | { readonly kind: 'snapshot-wanted'; readonly id: number }
  | { readonly kind: 'page'; readonly id: number; readonly outcome: Outcome<string> };

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return hasKind(message, ['serving', 'page-wanted', 'snapshot']);
}

export function isParentMessage(message: unknown): message is ParentMessage {
  return hasKind(message, ['stop', 'others-started', 'snapshot-wanted', 'page']);
}

/** Both ends run the same program, so the kind tells the rest. */
function hasKind(message: unknown, kinds: readonly unknown[]): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && kinds.includes(message.kind);
}

/** Settles with what `work` comes to, without rejecting. */
export async function outcomeOf<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
