import { renderTable } from '@daybook/config';
import { announceMembership, endPause, listPauses, setPause, type Pause } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { parsePause, type OperationResult } from '../operator-request.ts';

export async function showPauses(pool: Pool): Promise<readonly Pause[]> {
  return await listPauses(pool);
}

/**
 * Has everything, a lane or a ledger not published until it is resumed, and wakes the relays.
 * @param input a JSON object with `scope` (all, lane, ledger), `target` (not for all), `by` and `why`
 */
export async function pause(pool: Pool, input: unknown): Promise<OperationResult<Pause>> {
  const parsed = parsePause(input);
  if (parsed.kind === 'invalid') return parsed;
  const { scope, target, by, why } = parsed.request;
  const paused = await setPause(pool, { scope, target }, { by, why });
  if (paused === undefined) return { kind: 'not-found', message: `there is no ${scope} ${target.slice(0, 100)}` };
  await announceMembership(pool);
  return { kind: 'done', value: paused };
}

/** Ends a pause, and wakes the relays. @param input as for `pause` */
export async function resume(
  pool: Pool,
  input: unknown,
): Promise<OperationResult<{ readonly scope: string; readonly target: string }>> {
  const parsed = parsePause(input);
  if (parsed.kind === 'invalid') return parsed;
  const { scope, target } = parsed.request;
  if (!(await endPause(pool, { scope, target }))) {
    return {
      kind: 'not-found',
      message: scope === 'all' ? 'there is no pause of all' : `${scope} ${target.slice(0, 100)} is not paused`,
    };
  }
  await announceMembership(pool);
  return { kind: 'done', value: { scope, target } };
}

export function renderPauses(pauses: readonly Pause[]): string {
  if (pauses.length === 0) return 'nothing is paused';
  return renderTable(
    ['scope', 'target', 'by', 'why', 'since'],
    pauses.map(({ scope, target, pausedBy, why, pausedAt }) => [
      scope,
      target,
      pausedBy,
      why,
      `${pausedAt.slice(0, 19)}Z`,
    ]),
  );
}
