import type { Snapshot } from '@daybook/postgres';

/** One partition of the outbox, and which times it holds, in milliseconds since 1970: `fromMs` inclusive, `toMs` exclusive. */
export interface PartitionBounds {
  readonly name: string;
  /** A default partition holds what no other does, and has no bounds of its own. */
  readonly isDefault: boolean;
  /** A detachment was begun and not finished. */
  readonly isDetachPending: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

interface StoredBounds {
  readonly name: string;
  readonly bound: string;
  readonly isDetachPending: boolean;
}

const partitionBoundsSql = `
select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound, i.inhdetachpending as "isDetachPending"
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'outbox'::regclass and c.relpartbound is not null
order by c.relname`;

/** All partitions of the outbox, by name. */
export async function partitionBounds(pool: Snapshot): Promise<readonly PartitionBounds[]> {
  const result = await pool.query<StoredBounds>({ name: 'partition-bounds', text: partitionBoundsSql });
  return result.rows.map(({ name, bound, isDetachPending }) => {
    const [from, to] = [...bound.matchAll(/\('([^']+)'\)|MINVALUE|MAXVALUE/g)].map(([word, at]) => momentOf(word, at));
    return {
      name,
      isDefault: bound === 'DEFAULT',
      isDetachPending,
      fromMs: from ?? -Infinity,
      toMs: to ?? Infinity,
    };
  });
}

/** PostgreSQL writes `2026-11-24 00:00:00+00` in sessions of ours, whose time zone is UTC. */
function momentOf(word: string, at: string | undefined): number {
  if (at === undefined) return word === 'MINVALUE' ? -Infinity : Infinity;
  return Date.parse(at.replace(' ', 'T').replace(/\+00$/, 'Z'));
}
