import process from 'node:process';
import { setInterval as every } from 'node:timers/promises';
import { findProcess, parentOf } from './process-table.ts';

const lookEveryMs = 250;
const packageRunner = /(^|[\s/])(npx|npm|pnpm|pnpx|yarn|corepack|bunx?)([\s.]|$)/;

/**
 * The processes that launched this one, from the parent upwards, as far as the outermost package runner (npx → sh → pnpm
 * → sh → node). Empty when none of the ancestors is one: a plain shell may go and leave us running.
 */
export function launchersOf(pid: number): number[] {
  const ancestors: number[] = [];
  let outermost = 0;
  for (let next = parentOf(pid); next !== undefined && next > 1; next = parentOf(next)) {
    ancestors.push(next);
    if (packageRunner.test(findProcess(next)?.command ?? '')) {
      outermost = ancestors.length;
    }
  }
  return ancestors.slice(0, outermost);
}

/**
 * Resolves when one of the launchers has gone. A signal to npx alone orphans its children, so they hear of it only by
 * looking: an orphan has another parent than before.
 */
export async function launcherGone(signal: AbortSignal): Promise<void> {
  const chain = [process.pid, ...launchersOf(process.pid)];
  for await (const _ of every(lookEveryMs, undefined, { signal })) {
    const broken = chain.slice(0, -1).some((pid, index) => parentOf(pid) !== chain[index + 1]);
    if (broken) {
      return;
    }
  }
}
