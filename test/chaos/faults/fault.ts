import type { Workload } from '../../../packages/stack/src/testing/index.ts';
import type { Arena } from '../arena.ts';
import type { Schedule, Step } from '../schedule.ts';
import type { Absence } from '../takeover.ts';
import type { TopicHistory } from '../topic-history.ts';

/** What a fault has to work with. */
export interface Scene {
  readonly arena: Arena;
  readonly schedule: Schedule;
  readonly workload: Workload;
  readonly history: TopicHistory;
  /** Keeps something beyond the schedule; `end` is called in a later one, or at the end. */
  readonly keep: (end: () => Promise<void>) => void;
  /** A relay is about to be taken out. */
  readonly noteAbsence: (absence: Absence) => void;
}

/** What became of a planned fault. */
export type Injection =
  /** It hit; `saw` tells by what that was seen. */
  | { readonly outcome: 'injected'; readonly saw: string }
  /** There was nothing to hit, or no effect was seen. */
  | { readonly outcome: 'missed'; readonly why: string }
  /** It cannot be staged on this machine. */
  | { readonly outcome: 'unstaged'; readonly why: string };

/** Injects a fault and returns when it has undone it, though what was hit may still be on its way back. */
export type Fault = (scene: Scene, step: Step) => Promise<Injection>;

export function injected(saw: string): Injection {
  return { outcome: 'injected', saw };
}

export function missed(why: string): Injection {
  return { outcome: 'missed', why };
}
