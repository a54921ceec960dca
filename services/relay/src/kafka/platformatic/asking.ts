import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../within.ts';
import { isStarting } from '../failure.ts';
import { explained } from './explained.ts';

interface Limit {
  readonly ms: number;
  /** What an error says was being done. */
  readonly what: string;
  readonly signal: AbortSignal;
}

const pollMs = 50;

/**
 * Asks a cluster something; rejects in time, with the reason in front.
 *
 * @param ask Is told when nobody waits for it any more.
 */
export async function asking<Answer>(limit: Limit, ask: (end: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const end = new AbortController();
  try {
    return await within(limit, ask(end.signal));
  } catch (error) {
    throw explained(error);
  } finally {
    end.abort();
  }
}

/** Asks again while the answer is that what was asked about has only just been made, or the broker has only just begun. */
export async function untilStarted<Answer>(ask: () => Promise<Answer>, end: AbortSignal): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isStarting(explained(error))) throw error;
    }
    await delay(pollMs, undefined, { signal: end });
  }
}
