import { setTimeout as delay } from 'node:timers/promises';
import {
  eventually,
  openAuditorDatabase,
  type AuditorDatabase,
  type AuditorSession,
} from '../../../packages/stack/src/testing/index.ts';
import { injected, missed, type Fault } from './fault.ts';

/** More than PostgreSQL allows. */
const sessionsMax = 200;
const takenTogether = 10;
const takeAgainMs = 20;

const endServicesSql = `
select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where application_name like 'daybook-%'`;

/** Held through later schedules, so that dead rows pile up as behind a forgotten session. */
export const holdSnapshot: Fault = async ({ arena, keep }) => {
  const database = openAuditorDatabase(arena.stack.databaseUrl, { size: 1 });
  try {
    // Another fault may have taken PostgreSQL away for a moment, and a forgotten session is none that gives up at once.
    const client = await eventually(async () => await beginSnapshot(database), {
      what: 'PostgreSQL lets a snapshot be taken',
      withinMs: 5_000,
    });
    const { rows } = await client.query<{ rows: number }>('select count(*) as rows from outbox');
    keep(async () => {
      client.release(true);
      await database.end();
    });
    return injected(`a transaction that sees ${rows[0]?.rows ?? 0} rows`);
  } catch (error) {
    await database.end();
    return missed(`PostgreSQL was away: ${String(error)}`);
  }
};

async function beginSnapshot(database: AuditorDatabase): Promise<AuditorSession> {
  const client = await database.connect();
  try {
    await client.query('begin isolation level repeatable read');
    await client.query('select from lane limit 1');
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Takes all connections that are free, ends those of the services, and takes what becomes free, until the time is up. */
export const starvePools: Fault = async ({ arena }, { durationMs }) => {
  const database = openAuditorDatabase(arena.stack.databaseUrl, { size: sessionsMax });
  const taken: AuditorSession[] = [];
  let refused = 0;
  const takeAll = async () => {
    while (taken.length < sessionsMax) {
      const attempts = await Promise.allSettled(Array.from({ length: takenTogether }, async () => database.connect()));
      for (const attempt of attempts) if (attempt.status === 'fulfilled') taken.push(attempt.value);
      if (attempts.some(({ status }) => status === 'rejected')) {
        refused += 1;
        return;
      }
    }
  };
  try {
    await takeAll();
    const ended = await taken[0]?.query<{ ended: number }>(endServicesSql);
    const endsAt = performance.now() + durationMs;
    while (performance.now() < endsAt) {
      await takeAll();
      await delay(takeAgainMs);
    }
    return refused > 0 && ended !== undefined
      ? injected(
          `${taken.length} connections taken, ${ended.rows[0]?.ended} of the services ended, none left for ${durationMs} ms`,
        )
      : missed('there were always connections left, or never one');
  } catch (error) {
    return missed(`PostgreSQL was away: ${String(error)}`);
  } finally {
    for (const session of taken) session.release(true);
    await database.end();
  }
};
