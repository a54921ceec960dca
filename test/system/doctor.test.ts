import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool, type Pool } from '../../packages/postgres/src/index.ts';
import { serviceMain } from '../../packages/stack/src/service-plan.ts';
import { Stack } from '../../packages/stack/src/index.ts';
import { createTopic, eventually } from '../../packages/stack/src/testing/index.ts';

const topic = 'default';

let stack: Stack;
let pool: Pool;

beforeAll(async () => {
  stack = await Stack.start({ relays: 0 });
  await createTopic(stack.kafkaBrokers, topic);
  await stack.add('relay');
  pool = createPool(stack.databaseUrl, { size: 1, applicationName: 'forgotten' });
  // What the relay's user lacks for the doctor to see the sessions of others.
  await pool.query(`grant pg_read_all_stats to ${new URL(stack.serviceUrls.relayUrl).username}`);
});

afterAll(async () => {
  await pool.end();
  await stack.stop();
});

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly found: string;
    readonly mend?: string;
  }[];
}

async function relay(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [serviceMain('relay'), ...args], {
    env: {
      DATABASE_URL: stack.serviceUrls.relayUrl,
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: stack.kafkaBrokers.join(','),
      PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode: child.exitCode, stdout, stderr };
}

/** Runs the doctor and reads its report. */
async function examine(args: readonly string[] = [], env?: Readonly<Record<string, string>>) {
  const { exitCode, stdout, stderr } = await relay(['doctor', '--json', ...args], env);
  expect(stderr).toBe('');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not as it should be fails the expectations
  const report = JSON.parse(stdout) as Report;
  expect(report.ok).toBe(exitCode === 0);
  const find = (name: string) => report.checks.find((check) => check.name === name);
  const named = (status: string) => report.checks.filter((check) => check.status === status).map(({ name }) => name);
  return { exitCode, stdout, find, named };
}

describe('relay doctor', () => {
  test('fails a topic that is missing, unless the relay would create it', async () => {
    const elsewhere = { PUBLISHER_TOPIC_MAPPING: '*:nowhere' };
    const { exitCode, find } = await examine([], { ...elsewhere, PUBLISHER_KAFKA_CREATE_TOPICS: 'false' });
    expect(exitCode).toBe(1);
    expect(find('topics')).toMatchObject({
      status: 'fail',
      found: 'topic nowhere does not exist, and PUBLISHER_KAFKA_CREATE_TOPICS is false',
      mend: expect.stringContaining('--create --topic nowhere'),
    });
    const willing = await examine([], elsewhere);
    expect(willing.exitCode).toBe(0);
    expect(willing.find('topics')).toMatchObject({ status: 'ok', found: 'the relay will create nowhere' });
  });

  test('finds a stack well, but for what one broker cannot be', async () => {
    const { exitCode, named } = await examine();
    expect(named('fail')).toEqual([]);
    expect(named('skipped')).toEqual([]);
    expect(named('warn')).toEqual(['brokers']);
    expect(exitCode).toBe(0);
    expect((await examine(['--strict'])).exitCode).toBe(1);
  });

  test('shows people a table with the mend under what is not well', async () => {
    const { exitCode, stdout } = await relay(['doctor']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^status +area +check +found\n/);
    expect(stdout).toMatch(/^warn +kafka +brokers +one broker.*\n {6}mend: for anything that matters/m);
  });

  test('fails a session that is idle in an old transaction, and names its pid', async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const found = await eventually(
        async () => {
          const { exitCode, find } = await examine(['--transaction-age-max-seconds=1']);
          return exitCode === 1 ? find('old-snapshots') : undefined;
        },
        { what: 'a transaction of a second', withinMs: 30_000 },
      );
      expect(found).toMatchObject({ status: 'fail' });
      expect(found.found).toContain(`pid ${rows[0]?.pid} (role daybook, application forgotten`);
    } finally {
      client.release(true);
    }
  });

  test('fails a broker that is away, and an address of PostgreSQL that is none', async () => {
    const { exitCode, find } = await examine([], {
      PUBLISHER_KAFKA_BROKER: '127.0.0.1:1',
      DATABASE_URL: 'postgresql://someone:not-to-be-shown@127.0.0.1:1/nowhere',
    });
    expect(exitCode).toBe(1);
    expect(find('kafka-connection')).toMatchObject({
      status: 'fail',
      mend: expect.stringMatching('PUBLISHER_KAFKA_BROKER'),
    });
    expect(find('database-connection')).toMatchObject({ status: 'fail', mend: expect.stringMatching('DATABASE_URL') });
    expect(find('topics')).toMatchObject({ status: 'skipped', found: 'needs kafka-connection, which failed' });
  });

  test('fails credentials that Kafka does not take, and shows no secret', async () => {
    const { exitCode, find, stdout } = await examine([], {
      PUBLISHER_KAFKA_SASL_ENABLED: 'true',
      PUBLISHER_KAFKA_SASL_USERNAME: 'relay',
      PUBLISHER_KAFKA_SASL_PASSWORD: 'not-to-be-shown',
    });
    expect(exitCode).toBe(1);
    expect(find('kafka-connection')).toMatchObject({
      status: 'fail',
      mend: expect.stringContaining('PUBLISHER_KAFKA_SASL_*'),
    });
    expect(stdout).not.toContain('not-to-be-shown');
  });

  test.for<[name: string, value: string]>([
    ['PUBLISHER_TOPIC_MAPPING', 'no-colon'],
    ['DATABASE_URL', 'postgresql://127.0.0.1/no-user'],
  ])('ends with 2 for a %s that ends the start', async ([name, value]) => {
    expect(await relay(['doctor', '--json'], { [name]: value })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(name),
    });
  });
});
