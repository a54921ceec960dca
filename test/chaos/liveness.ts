import { countUnpublished, eventually } from '../../packages/stack/src/testing/index.ts';
import type { Arena } from './arena.ts';

const aliveWithinMs = 60_000;
const askWithinMs = 2_000;

const waitingSql = `
select lane.id as lane, h.seq as head, coalesce(p.seq, 0) as position, p.relay
from lane
cross join lateral (select seq from outbox where outbox.lane = lane.id order by seq desc limit 1) h
left join lateral (select seq, relay from position where position.lane = lane.id order by seq desc limit 1) p on true
where h.seq > coalesce(p.seq, 0) order by lane.id limit 5`;

const setAsideSql = `
select lane, key, from_seq as seq, 'held' as state from held
union all select lane, key, seq, state from parked where state in ('parked', 'retry')
limit 5`;

/**
 * Waits until every process is ready and positions are at the ends of all lanes, with no row or key set aside.
 * @throws Error that says who is not ready and what waits, when that takes longer than a minute
 */
export async function awaitLiveness(
  arena: Arena,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  try {
    await eventually(
      async () => {
        if (signal?.aborted === true) return true;
        const isUndecided = (await arena.database.query(setAsideSql)).rows.length > 0;
        return !isUndecided && (await unready(arena)).length === 0 && (await countUnpublished(arena.database)) === 0;
      },
      { what: 'all processes ready and positions at the ends of all lanes', withinMs: aliveWithinMs, pollMs: 50 },
    );
  } catch (error) {
    const ask = async (sql: string) =>
      arena.database.query(sql).then(
        ({ rows }) => JSON.stringify(rows),
        (cause: unknown) => String(cause),
      );
    const notReady = (await unready(arena)).join('; ');
    throw new Error(
      `nothing moves: lanes ${await ask(waitingSql)}; set aside ${await ask(setAsideSql)}; not ready: ${notReady || 'none'}`,
      { cause: error },
    );
  }
}

async function unready({ stack }: Arena): Promise<string[]> {
  const answers = [...stack.ledgerUrls, ...stack.relayUrls].map(async (url) => {
    try {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(askWithinMs) });
      const body = await response.text();
      return response.ok ? '' : `${url}: ${response.status} ${body}`;
    } catch (error) {
      return `${url}: ${String(error)}`;
    }
  });
  return (await Promise.all(answers)).filter((answer) => answer !== '');
}
