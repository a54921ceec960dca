import { setTimeout as delay } from 'node:timers/promises';
import { isStarting } from '../failure.ts';
import { explained } from './explained.ts';

const pollMs = 50;

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
