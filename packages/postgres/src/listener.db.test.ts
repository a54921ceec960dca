import { createDatabase, eventually, TcpProxy, type TestDatabase } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Listener } from './listener.ts';
import { createPool, type Pool } from './pool.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let through: Pool;
let direct: Pool;
let heard: string[];
let listening: number;
let lost: unknown[];
let listener: Listener;

beforeEach(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => undefined });
  const before = await TcpProxy.before(database.databaseUrl);
  proxy = before.proxy;
  through = createPool(before.url, { size: 2, applicationName: 'listener test' });
  direct = createPool(database.databaseUrl, { size: 1, applicationName: 'listener test' });
  heard = [];
  listening = 0;
  lost = [];
  listener = new Listener(through, {
    channels: ['bell', 'other'],
    onNotification: (channel, payload) => heard.push(`${channel} ${payload}`),
    onListening: () => {
      listening += 1;
    },
    onLost: (error) => lost.push(error),
    retryDelayMs: () => 10,
    pingIntervalMs: 100,
  });
  listener.start();
  await eventually(() => listening === 1, { what: 'listening' });
});

afterEach(async () => {
  await listener.stop();
  await through.end();
  await proxy.close();
  await direct.end();
  await database.drop();
});

async function hears(word: string): Promise<void> {
  await eventually(
    async () => {
      await direct.query('select pg_notify($1, $2)', ['bell', word]);
      return heard.includes(`bell ${word}`);
    },
    { what: `hearing ${word}` },
  );
}

describe('Listener', () => {
  it('hears what is said on its channels', async () => {
    expect(listener.isListening).toBe(true);
    await direct.query(`notify other, 'once'`);
    await hears('first');
    expect(heard[0]).toBe('other once');
  });

  it('listens again after the server ended its session', async () => {
    await direct.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
    );
    await eventually(() => listening === 2, { what: 'listening again' });
    expect(lost.length).toBeGreaterThan(0);
    await hears('again');
  });

  it('listens again after the connection was cut', async () => {
    proxy.cut();
    await eventually(() => listening === 2, { what: 'listening again' });
    await hears('again');
    expect(lost.length).toBeGreaterThan(0);
  });

  it('notices a connection that went silent', async () => {
    proxy.pause();
    await eventually(() => lost.length > 0, { what: 'the loss' });
    expect(listener.isListening).toBe(false);
    proxy.resume();
    await eventually(() => listening > 1, { what: 'listening again' });
    await hears('again');
  });

  it('leaves no session behind', async () => {
    await listener.stop();
    expect(listener.isListening).toBe(false);
    expect(through.totalCount).toBe(0);
  });

  it('takes plain channel names only', () => {
    const options = {
      channels: ['bell; drop table lane'],
      onNotification: () => {},
      onListening: () => {},
      onLost: () => {},
      retryDelayMs: () => 1,
    };
    expect(() => new Listener(through, options)).toThrow(/not a plain channel name/);
  });
});
