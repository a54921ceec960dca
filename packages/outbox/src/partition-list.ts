import type { PoolClient } from '@daybook/postgres';

/** A partition of the outbox, or a table that was one until retention took it out. */
export interface Partition {
  /** As SQL wants it: quoted, and with its schema, where that is needed. */
  readonly name: string;
  /** Rows from here on, as PostgreSQL writes it; null where the range has no such bound. */
  readonly from: string | null;
  /** Rows before this. */
  readonly to: string | null;
  /**
   * `attached`: rows are written to it and read from it. `detaching`: new statements do not see it any more, but its detaching was
   * cut short. `detached`: a table of its own, left over by a retention that was cut short before it dropped it.
   */
  readonly state: 'attached' | 'detaching' | 'detached';
  /** Retention has found its rows no longer needed and marked it; what someone else detached is left to them. */
  readonly isMarked: boolean;
  /** Its whole range is older than retention, by the database's clock. */
  readonly isOld: boolean;
}

// A detached table has no bounds, so the mark (its comment) keeps them.
const partitionListSql = `
select name, b.bound[1] as "from", b.bound[2] as "to", state, "isMarked",
  coalesce(b.bound[2]::timestamptz <= clock_timestamp() - make_interval(days => $1::int), false) as "isOld"
from (
  select c.oid::regclass::text as name, pg_get_expr(c.relpartbound, c.oid) as range,
    case when i.inhdetachpending then 'detaching' else 'attached' end as state,
    coalesce(obj_description(c.oid, 'pg_class') like 'daybook retention: %', false) as "isMarked"
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'outbox'::regclass
  union all
  select c.oid::regclass::text, d.description, 'detached', true
  from pg_class c join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
  where d.description like 'daybook retention: %' and c.relkind = 'r' and not c.relispartition
    and c.relnamespace = (select relnamespace from pg_class where oid = 'outbox'::regclass)
) p
cross join lateral (select regexp_match(range, $re$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$re$) as bound) b
order by b.bound[2]::timestamptz, name`;

/** The comment by which retention knows again what it began to take out. */
export function retentionMark(from: string, to: string): string {
  return `daybook retention: to be dropped, rows FROM ('${from}') TO ('${to}')`;
}

/** Every partition of the outbox, oldest first, and what retention has left over. */
export async function listPartitions(client: PoolClient, retentionDays: number): Promise<readonly Partition[]> {
  const result = await client.query<Partition>({
    name: 'partition-list',
    text: partitionListSql,
    values: [retentionDays],
  });
  return result.rows;
}
