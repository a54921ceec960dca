import { createDatabase, eventually, TcpProxy, type TestDatabase } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityProvider } from '../test-fixtures/identity-provider.ts';
import { LedgerProcess } from '../test-fixtures/ledger-process.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;
const processes: LedgerProcess[] = [];

beforeEach(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => undefined });
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map(async (started) => await started.kill()));
  await database.drop();
});

function run(args: readonly string[], variables?: Readonly<Record<string, string>>): LedgerProcess {
  const started = new LedgerProcess(args, variables);
  processes.push(started);
  return started;
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

  it('logs every request where that is asked for, and counts it', async () => {
    const variables = { DATABASE_URL: database.databaseUrl, MIGRATE_ON_START: 'true', LANES: '1', REQUEST_LOG: 'all' };
    const ledger = run(['serve'], variables);
    const { url } = await ledger.line('listening');
    await ledger.line('started');
    const written = await fetch(`${String(url)}/main/transactions`, {
      method: 'POST',
      headers: { 'x-request-id': 'mine', connection: 'close' },
      body: JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'COIN' }] }),
    });
    expect([written.status, written.headers.get('x-request-id')]).toEqual([200, 'mine']);
    expect(await ledger.line('request answered')).toMatchObject({ requestId: 'mine', status: 200 });
    const metrics = await (await fetch(`${String(url)}/metrics`, { headers: { connection: 'close' } })).text();
    expect(metrics).toContain('daybook_ledger_batch_commands_sum{service="ledger"} 1\n');
    expect(metrics).toMatch(/^daybook_ledger_batch_phase_duration_seconds_count\{[^}]*phase="commit"[^}]*\} 1$/m);
    expect(metrics).toContain('daybook_ledger_bytes_waiting{service="ledger"} 0\n');
    expect(await ledger.stop()).toBe(0);
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

describe('who may use the API', () => {
  const open = 'the API is open: whoever reaches this address may read and write every ledger';

  it('is everyone unless it is said, and the start warns of it, but not on loopback', async () => {
    const started = { DATABASE_URL: database.databaseUrl, MIGRATE_ON_START: 'true', LANES: '2' };
    const reachable = run(['serve'], { ...started, HTTP_BIND: '0.0.0.0:0' });
    expect(await reachable.line(open)).toMatchObject({
      level: 'warn',
      bind: '0.0.0.0:0',
      settings: ['AUTH_BASIC_CREDENTIALS', 'AUTH_BEARER_ENABLED', 'HTTP_BIND'],
    });
    await reachable.line('started');
    expect(await reachable.stop()).toBe(0);
    const local = run(['serve'], started);
    await local.line('started');
    expect(await local.stop()).toBe(0);
    expect(local.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('are users with a password and holders of a token, once they are given; neither gets into the log', async () => {
    const provider = await IdentityProvider.start();
    const ledger = run(['serve'], {
      DATABASE_URL: database.databaseUrl,
      MIGRATE_ON_START: 'true',
      LANES: '2',
      LOG_LEVEL: 'trace',
      HTTP_BIND: '0.0.0.0:0',
      HTTP_HEADER_BYTES_MAX: '2000',
      AUTH_BASIC_CREDENTIALS: 'alice:pass-of-alice',
      AUTH_BEARER_ENABLED: 'true',
      AUTH_BEARER_ISSUER: provider.issuer,
      AUTH_BEARER_AUDIENCE: provider.audience,
      CORS_ALLOWED_ORIGINS: 'https://app.example',
    });
    const { url } = await ledger.line('listening');
    const path = `${String(url).replace('0.0.0.0', '127.0.0.1')}/main/transactions`;
    await ledger.line('started');
    const basic = `Basic ${Buffer.from('alice:pass-of-alice').toString('base64')}`;
    const token = await provider.token();
    const answers = [
      {},
      { authorization: basic },
      { authorization: `Bearer ${token}` },
      { 'x-long': 'x'.repeat(2_000) },
    ].map(
      async (headers: Readonly<Record<string, string>>) =>
        await fetch(path, { headers: { connection: 'close', origin: 'https://app.example', ...headers } }),
    );
    const [none, ...others] = await Promise.all(answers);
    expect(none?.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect([none, ...others].map((answer) => answer?.status)).toEqual([401, 200, 200, 431]);
    // A browser asks without credentials whether it may ask with them.
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST', connection: 'close' };
    expect((await fetch(path, { method: 'OPTIONS', headers: preflight })).status).toBe(204);
    expect(await ledger.stop()).toBe(0);
    await provider.close();
    const output = ledger.output.join('\n');
    expect(output).not.toContain(open);
    for (const secret of ['pass-of-alice', basic.slice(6), token.slice(0, 30), token.slice(-30)]) {
      expect(output).not.toContain(secret);
    }
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
    { args: ['serve', '--otel-exporter-otlp-protocol=grpc'], code: 2, text: 'must be one of http/protobuf' },
    {
      args: ['serve', '--otel-traces-sampler-arg=2'],
      code: 2,
      text: 'OTEL_TRACES_SAMPLER_ARG (--otel-traces-sampler-arg) must be a number from 0 to 1',
    },
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

  it('names the variables that v1 called otherwise', async () => {
    const ledger = run(['serve'], {
      NUMARY_STORAGE_POSTGRES_CONN_STRING: 'postgresql://localhost/postgres',
      NUMARY_OTEL_TRACES: 'true',
      NUMARY_OTEL_TRACES_EXPORTER: 'otlp',
      NUMARY_OTEL_TRACES_EXPORTER_OTLP_ENDPOINT: 'localhost:4317',
    });
    expect(await ledger.ended).toBe(2);
    expect(ledger.output.join('\n')).toContain('STORAGE_POSTGRES_CONN_STRING is called DATABASE_URL here');
    expect(ledger.output.join('\n')).toContain('OTEL_TRACES is not needed here: give OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(ledger.output.join('\n')).toContain(
      'OTEL_TRACES_EXPORTER_OTLP_ENDPOINT is called OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  });
});
