import { createPool, Listener, type Pool } from '@daybook/postgres';
import { eventually } from '@daybook/stack/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Doorbell, doorbellChannel } from './doorbell.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;
let pool: Pool;
let doorbell: Doorbell;
let listener: Listener;
let heard: string[];

beforeEach(async () => {
  database = await OutboxDatabase.create();
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'doorbell test' });
  doorbell = new Doorbell(pool);
  heard = [];
  const listening = Promise.withResolvers<void>();
  listener = new Listener(database.pool, {
    channels: [doorbellChannel],
    onNotification: (_channel, payload) => heard.push(payload),
    onListening: () => listening.resolve(),
    onLost: (error) => listening.reject(error),
    retryDelayMs: () => 0,
  });
  listener.start();
  await listening.promise;
});

afterEach(async () => {
  doorbell.stop();
  await listener.stop();
  await pool.end();
  await database.drop();
});

const hears = async (payload: string) =>
  eventually(() => heard.includes(payload), { what: `a notification of ${payload}` });

it('names a lane at once, and in one notification all that rang while it was under way', async () => {
  for (const lane of [7, 3, 5, 3, 7]) doorbell.ring(lane);
  await hears('3,5,7');
  expect(heard).toEqual(['7', '3,5,7']);
});

it('rings again when nothing rang for a while', async () => {
  doorbell.ring(1);
  await hears('1');
  doorbell.ring(2);
  await hears('2');
  expect(heard).toEqual(['1', '2']);
});
