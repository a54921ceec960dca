import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createDatabase, eventually, TcpProxy, type TestDatabase } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from './migrate.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

type LogLine = Readonly<Record<string, unknown>>;

let database: TestDatabase;
const children: ChildProcess[] = [];

beforeEach(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => undefined });
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  }
  await database.drop();
});

/** Runs the service as a process of its own. */
function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { HTTP_BIND: '127.0.0.1:0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output: string[] = [];
  const log: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every log line is an object
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
  });
  createInterface({ input: child.stderr }).on('line', (line) => output.push(line));
  const ended = once(child, 'close').then(() => child.exitCode);
  return {
    output,
    log,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      return await ended;
    },
    line: async (message: string) =>
      await eventually(() => log.find(({ msg }) => msg === message), {
        what: `the log says "${message}"`,
        withinMs: 40_000,
      }),
  };
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.arrayBuffer();
  return response.status;
}

describe('ledger serve', () => {
  it('waits for a database that is absent, serves once it is there, and stops cleanly', async () => {
    const { proxy, url: databaseUrl } = await TcpProxy.before(database.databaseUrl);
    proxy.refuse();
    const ledger = run(['serve'], { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true', LANES: '4' });
    const { url } = await ledger.line('listening');
    await ledger.line('waiting for the database');
    expect(await statusOf(`${String(url)}/livez`)).toBe(200);
    expect(await statusOf(`${String(url)}/readyz`)).toBe(503);
    expect(await statusOf(`${String(url)}/main/transactions`)).toBe(503);

    proxy.accept();
    await ledger.line('lanes made');
    await eventually(async () => (await statusOf(`${String(url)}/readyz`)) === 200, {
      what: 'the ledger is ready',
      withinMs: 40_000,
    });
    expect(await statusOf(`${String(url)}/main/transactions`)).toBe(200);
    expect(await ledger.stop()).toBe(0);
    await proxy.close();
  });

  it('waits for another to migrate', async () => {
    const ledger = run(['serve'], { DATABASE_URL: database.databaseUrl });
    const { reason } = await ledger.line('waiting for the database');
    expect(reason).toBe('not migrated: run `ledger migrate`, or set MIGRATE_ON_START');
    await migrate(database.databaseUrl, { lanes: 2 });
    await ledger.line('started');
    expect(await ledger.stop()).toBe(0);
  });

  it('stops while it waits', async () => {
    const ledger = run(['serve'], { DATABASE_URL: database.databaseUrl });
    await ledger.line('waiting for the database');
    expect(await ledger.stop()).toBe(0);
  });

  it('starts several at once on an empty database', async () => {
    const variables = { DATABASE_URL: database.databaseUrl, MIGRATE_ON_START: 'true', LANES: '4' };
    const ledgers = [1, 2, 3].map(() => run(['serve'], variables));
    await Promise.all(ledgers.map(async (ledger) => await ledger.line('started')));
    expect(await Promise.all(ledgers.map(async (ledger) => await ledger.stop()))).toEqual([0, 0, 0]);
  });

  it('ends with an error when the database refuses the password', async () => {
    const wrong = new URL(database.databaseUrl);
    wrong.password = 'not-the-password';
    const ledger = run(['serve'], { DATABASE_URL: wrong.href });
    expect(await ledger.ended).toBe(1);
    expect(ledger.output.join('\n')).not.toContain('not-the-password');
  });
});

describe('the command line', () => {
  it('migrates and says what it did', async () => {
    const variables = { DATABASE_URL: database.databaseUrl, LANES: '3' };
    const first = run(['migrate'], variables);
    expect(await first.ended).toBe(0);
    expect(first.log).toContainEqual(expect.objectContaining({ msg: 'lanes made', lanes: 3 }));
    const second = run(['migrate'], variables);
    expect(await second.ended).toBe(0);
    expect(second.log).toContainEqual(expect.objectContaining({ msg: 'migrations applied', applied: [] }));
  });

  it('fails to migrate what it cannot reach', async () => {
    const absent = new URL(database.databaseUrl);
    absent.port = '1';
    const ledger = run(['migrate'], { DATABASE_URL: absent.href });
    expect(await ledger.ended).toBe(1);
    expect(ledger.log).toContainEqual(expect.objectContaining({ level: 'fatal', msg: 'migration failed' }));
  });

  it.each([
    { args: ['--help'], code: 0, text: '--database-url' },
    { args: ['--version'], code: 0, text: 'ledger 0.1.0' },
    { args: ['config'], code: 0, text: 'EVENT_BYTES_MAX' },
    { args: ['serve', '--http-bnd=:1'], code: 2, text: 'did you mean --http-bind' },
    { args: ['verify'], code: 2, text: '--ledger is required and was not given' },
    { args: ['serve', '--lanes=0'], code: 2, text: 'LANES (--lanes) must be an integer from 1 to 1024' },
  ])('$args', async ({ args, code, text }) => {
    const ledger = run(args, { DATABASE_URL: 'postgresql://daybook:hidden@127.0.0.1:1/daybook' });
    expect(await ledger.ended).toBe(code);
    expect(ledger.output.join('\n')).toContain(text);
    expect(ledger.output.join('\n')).not.toContain('hidden@');
  });

  it('checks a script without a database, whatever the settings are', async () => {
    const ledger = run(['script', 'check', '-'], { LANES: 'many' });
    expect(await ledger.ended).toBe(1);
    expect(ledger.output[0]).toMatch(/^line 1, column 1: /);
  });

  it('names the variable that v1 called otherwise', async () => {
    const ledger = run(['serve'], { NUMARY_STORAGE_POSTGRES_CONN_STRING: 'postgresql://localhost/postgres' });
    expect(await ledger.ended).toBe(2);
    expect(ledger.output.join('\n')).toContain('STORAGE_POSTGRES_CONN_STRING is called DATABASE_URL here');
  });
});
