import type { AuditorDatabase } from '../../packages/stack/src/testing/index.ts';
import { deadAfterMs } from '../system/audited-stack.ts';
import { places } from './schedule.ts';

/** How long a lane waited for another relay. */
export interface Takeover {
  readonly lane: number;
  readonly ms: number;
}

/** A relay that was taken out, and the lanes that it published until then. */
export interface Absence {
  readonly relay: string;
  readonly lanes: readonly number[];
  readonly sinceMs: number;
}

const recentlyMs = 3_000;

const publishedSql = `
select distinct p.lane
from ledger
cross join lateral (select * from position where position.lane = ledger.lane order by seq desc limit 1) p
where ledger.name = any ($1) and p.relay = $2
  and p.recorded_at > clock_timestamp() - make_interval(secs => $3::float8 / 1000)
order by p.lane`;

/** The lanes of these ledgers that a relay published last, and lately. */
export async function lanesPublishedBy(
  database: AuditorDatabase,
  relay: string,
  ledgers: readonly string[],
): Promise<number[]> {
  const { rows } = await database.query<{ lane: number }>(publishedSql, [ledgers, relay, recentlyMs]);
  return rows.map(({ lane }) => lane);
}

/** The place of the plan, or the next one whose relay publishes lanes of these ledgers, so that there is something to hit. */
export async function publishingPlace(
  database: AuditorDatabase,
  planned: number,
  ledgers: readonly string[],
): Promise<number> {
  for (let turn = 0; turn < places.relay; turn += 1) {
    const place = (planned + turn) % places.relay;
    const lanes = await lanesPublishedBy(database, `relay-${place}`, ledgers).catch(() => []);
    if (lanes.length > 0) return place;
  }
  return planned;
}

// A position that the relay had under way when it was hit may still arrive; one that comes later says that it was not
// taken over from.
const takenOverSql = `
select taken.lane, extract(epoch from taken.at)::float8 * 1000 - $3::float8 as ms
from (
  select lane, min(recorded_at) filter (where relay <> $2) as at,
    min(recorded_at) filter (where relay = $2 and recorded_at > to_timestamp(($3::float8 + 100) / 1000)) as own
  from position
  where lane = any ($1) and recorded_at > to_timestamp($3::float8 / 1000)
  group by lane
) taken
where taken.at is not null and (taken.own is null or taken.own > taken.at)
  and exists (
    select 1 from outbox
    where outbox.lane = taken.lane and outbox.at <= to_timestamp(($3::float8 + $4::float8) / 1000)
      and outbox.seq > (
        select coalesce(max(seq), 0) from position
        where position.lane = taken.lane and position.recorded_at <= to_timestamp($3::float8 / 1000)
      )
  )
order by taken.lane`;

/**
 * The lanes that others have taken over: those that the relay published last, that had rows before its death could be
 * noticed, and that another relay was the first to publish. Times are from the fault to that relay's first position, by
 * the clock that this process shares with the database.
 */
export async function readTakeovers(
  database: AuditorDatabase,
  { relay, lanes, sinceMs }: Absence,
): Promise<Takeover[]> {
  const { rows } = await database.query<Takeover>(takenOverSql, [lanes, relay, sinceMs, deadAfterMs]);
  return rows;
}
