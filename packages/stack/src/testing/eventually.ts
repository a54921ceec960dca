import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is awaited, for the message of the failure. */
  what: string;
  withinMs?: number;
  pollMs?: number;
}

/**
 * Asks again and again until the answer is neither undefined, null nor false, and gives that answer. A probe that throws
 * counts as "not yet".
 * @throws Error naming what was awaited, with the last failure as its cause, when the time is up.
 */
export async function eventually<Answer>(
  probe: () => Promise<Answer> | Answer,
  { what, withinMs = 10_000, pollMs = 20 }: EventuallyOptions,
): Promise<NonNullable<Awaited<Answer>>> {
  const deadline = performance.now() + withinMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${withinMs} ms: ${what}`, { cause });
    }
    await delay(pollMs);
  }
}
