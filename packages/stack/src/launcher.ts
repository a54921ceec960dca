import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setInterval as every } from 'node:timers/promises';
import { findProcess, parentOf } from './process-table.ts';

// Elsewhere than on Linux each look runs `ps` for each launcher.
const lookEveryMs = process.platform === 'linux' ? 250 : 1_000;
const lateAfterMs = 1_000;
const packageRunner = /(^|[\s/])(npx|npm|pnpm|pnpx|yarn|corepack|bunx?)([\s.]|$)/;
const waitingShell = /^\S*sh -c /;

/**
 * The processes that launched this one, from the parent upwards, as far as the outermost package runner (npx → sh → pnpm
 * → sh → node). Empty when none of the ancestors is one: a plain shell may go and leave us running.
 */
function launchersOf(pid: number): number[] {
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
 * Resolves when one of the launchers has gone, or was asked to go and did not pass that on. A signal to npx alone orphans
 * its children, or never reaches them, so they can only look:
 *
 * - An orphan has another parent than before.
 * - npm hands SIGINT to the shell that waits for pnpm. Where that is dash, it notes the signal and goes on waiting, so
 *   nobody ends (seen with npm 11 on Debian). But a shell that only waits for one child never runs, so one that ran had
 *   a signal.
 *   The count is of Linux; elsewhere `sh -c` becomes its command, and the signal reaches pnpm.
 */
export async function launcherGone(signal: AbortSignal): Promise<void> {
  const launchers = launchersOf(process.pid);
  const chain = [process.pid, ...launchers];
  const shells = launchers.filter((pid) => onlyWaits(pid));
  let clock = readClock();
  let wakeUps: number[] | undefined;
  for await (const _ of every(lookEveryMs, undefined, { signal })) {
    if (chain.slice(0, -1).some((pid, index) => parentOf(pid) !== chain[index + 1])) {
      return;
    }
    const now = shells.map((pid) => wakeUpsOf(pid));
    const before = clock;
    clock = readClock();
    // When we were late ourselves, all were stopped and woken: a suspended machine, a paused container, a Ctrl-Z.
    const allWereStopped = clock.steady - before.steady > lateAfterMs || clock.wall - before.wall > lateAfterMs;
    if (wakeUps !== undefined && !allWereStopped && now.some((count, index) => count !== wakeUps?.[index])) {
      return;
    }
    wakeUps = now;
  }
}

/** Whether this is a shell with a single child: the end of another one would wake it too. */
function onlyWaits(pid: number): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children.length === 1 && waitingShell.test(findProcess(pid)?.command ?? '');
  } catch {
    return false;
  }
}

function readClock(): { steady: number; wall: number } {
  return { steady: performance.now(), wall: Date.now() };
}

/** How often the process gave up the processor by itself, hence how often it woke up. */
function wakeUpsOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
