import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { createPool } from '@daybook/postgres';
import { createDatabase, eventually, isAlive, TcpProxy, type TestDatabase } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerProcess } from '../../test-fixtures/ledger-process.ts';

let database: TestDatabase;
const processes: LedgerProcess[] = [];

beforeEach(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => undefined });
});

afterEach(async () => {
  const pids = processes.flatMap((started) => started.log.map(({ pid }) => Number(pid)));
  await Promise.all(processes.splice(0).map(async (started) => await started.kill()));
  await gone(pids);
  await database.drop();
});

function run(variables: Readonly<Record<string, string>>): LedgerProcess {
  const started = new LedgerProcess(['serve'], {
    DATABASE_URL: database.databaseUrl,
    MIGRATE_ON_START: 'true',
    LANES: '4',
    ...variables,
  });
  processes.push(started);
  return started;
}

/** A ledger of several processes, once all of its workers serve. */
async function runWorkers(workers: number, variables: Readonly<Record<string, string>> = {}) {
  const ledger = run({ LEDGER_PROCESSES: String(workers), ...variables });
  await serving(ledger, workers);
  const { url } = await ledger.line('listening');
  return { ledger, url: String(url) };
}

/** Waits until so many workers have started, those counted that have ended since. */
async function serving(ledger: LedgerProcess, count: number): Promise<void> {
  const started = () => ledger.log.filter(({ msg, worker }) => msg === 'started' && worker !== undefined);
  await eventually(() => started().length >= count, { what: `${count} workers that serve`, withinMs: 40_000 });
}

/** By number, the newest where there was more than one. */
function workerPids(ledger: LedgerProcess): ReadonlyMap<unknown, number> {
  const started = ledger.log.filter(({ msg, worker }) => msg === 'started' && worker !== undefined);
  return new Map(started.map(({ worker, pid }) => [worker, Number(pid)]));
}

async function gone(pids: Iterable<number>): Promise<void> {
  await eventually(() => ![...pids].some(isAlive), { what: 'all processes gone' });
}

/** Each on a connection of its own, so that all workers get some. */
async function write(url: string, count: number): Promise<readonly number[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const response = await fetch(`${url}/main/transactions`, {
        method: 'POST',
        headers: { connection: 'close' },
        body: JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'COIN' }] }),
      });
      await response.arrayBuffer();
      return response.status;
    }),
  );
}

async function page(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
  expect(response.status).toBe(200);
  return await response.text();
}

/** The figures of a metric by their label `worker`. */
function byWorker(text: string, metric: string): Readonly<Record<string, number>> {
  const lines = text.matchAll(new RegExp(`^${metric}\\{[^}]*worker="(\\w+)"[^}]*\\} (\\S+)$`, 'gm'));
  const figures: Record<string, number> = {};
  for (const [, worker = '', value] of lines) figures[worker] = (figures[worker] ?? 0) + Number(value);
  return figures;
}

describe('a ledger of several processes', () => {
  it('is ready when all of its workers listen, so that connections are dealt out among all', async () => {
    const ledger = run({ LEDGER_PROCESSES: '3' });
    const url = await ledger.url();
    await write(url, 30);
    const commands = byWorker(await page(url), 'daybook_ledger_batch_commands_sum');
    expect(Object.values(commands).every((count) => count > 0)).toBe(true);
    expect(Object.keys(commands)).toHaveLength(3);
    expect(await ledger.stop()).toBe(0);
  });

  it('migrates once, shares a port, and shows the metrics of all, whichever is asked', async () => {
    const { ledger, url } = await runWorkers(3);
    expect(ledger.log.filter(({ msg }) => msg === 'migrations applied')).toHaveLength(1);
    const listening = ledger.log.filter(({ msg }) => msg === 'listening');
    expect(new Set(listening.map(({ worker }) => worker))).toEqual(new Set([1, 2, 3]));
    expect(new Set(listening.map((line) => line['url']))).toEqual(new Set([url]));

    expect(new Set(await write(url, 60))).toEqual(new Set([200]));
    const figures = byWorker(await page(url), 'daybook_http_requests_total');
    expect(Object.values(figures).reduce((sum, value) => sum + value, 0)).toBe(60);
    // Connections are dealt out in turn.
    expect(Object.keys(figures).sort()).toEqual(['1', '2', '3']);
    for (let asked = 0; asked < 3; asked += 1) {
      const text = await page(url);
      const processesShown = ['1', '2', '3', 'parent'];
      for (const metric of [
        'process_cpu_seconds_total',
        'process_start_time_seconds',
        'nodejs_eventloop_lag_seconds',
      ]) {
        expect([metric, Object.keys(byWorker(text, metric)).sort()]).toEqual([metric, processesShown]);
      }
      expect(text.match(/^# TYPE process_cpu_seconds_total /gm)).toHaveLength(1);
      expect(text).not.toMatch(/ (?:null|undefined)$/m);
      expect(byWorker(text, 'daybook_ledger_worker_endings_total')).toEqual({ parent: 0 });
    }
    expect(await ledger.stop()).toBe(0);
    await gone(workerPids(ledger).values());
  });

  it('starts a worker again that was killed, says so and counts it, and others answer meanwhile', async () => {
    const { ledger, url } = await runWorkers(2);
    await write(url, 10);
    const victim = workerPids(ledger).get(1);
    process.kill(Number(victim), 'SIGKILL');
    expect(await ledger.line('worker ended, starting it again')).toMatchObject({
      level: 'error',
      worker: 1,
      signal: 'SIGKILL',
      attempt: 1,
    });
    // The one that is left has the port for itself, and the new one listens when it can write: no answer is a refusal.
    expect(new Set(await write(url, 20))).toEqual(new Set([200]));
    await serving(ledger, 3);
    expect(workerPids(ledger).get(1)).not.toBe(victim);
    expect(new Set(await write(url, 20))).toEqual(new Set([200]));
    const text = await page(url);
    expect(byWorker(text, 'daybook_ledger_worker_endings_total')).toEqual({ parent: 1 });
    expect(Object.keys(byWorker(text, 'daybook_http_requests_total')).sort()).toEqual(['1', '2']);
    expect(ledger.log.filter(({ msg }) => msg === 'migrations applied')).toHaveLength(1);
    expect(await ledger.stop()).toBe(0);
  });

  it('does not hide a defect: the worker says why it stops, is counted, and is started again', async () => {
    const { ledger, url } = await runWorkers(2);
    await write(url, 1);
    const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'test' });
    // Where something else swallows the rows of the outbox, a commit lacks them.
    await pool.query(`create function swallow() returns trigger language plpgsql as 'begin return null; end'`);
    await pool.query('create trigger swallow before insert on outbox for each row execute function swallow()');
    expect(await write(url, 1)).not.toContain(200);
    const { worker } = await ledger.line('defect');
    await pool.query('drop trigger swallow on outbox');
    await pool.end();
    expect(await ledger.line('worker ended, starting it again')).toMatchObject({ worker, exitCode: 1 });
    await serving(ledger, 3);
    expect(byWorker(await page(url), 'daybook_ledger_worker_endings_total')).toEqual({ parent: 1 });
    expect(await ledger.stop()).toBe(0);
  });

  it('leaves no worker when its parent is killed', async () => {
    const { ledger } = await runWorkers(3);
    const pids = [...workerPids(ledger).values()];
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await ledger.kill();
    await gone(pids);
  });

  it.for(['SIGTERM', 'SIGINT'] as const)(
    'stops in order when %s reaches parent and workers at once',
    async (signal) => {
      const { ledger } = await runWorkers(2);
      // As Ctrl-C does, and systemd.
      for (const pid of workerPids(ledger).values()) process.kill(pid, signal);
      ledger.signal(signal);
      expect(await ledger.ended).toBe(0);
      await gone(workerPids(ledger).values());
      expect(ledger.output.join('\n')).not.toContain('second signal');
    },
  );

  it('kills a worker that does not stop in time, and leaves one out that does not answer for its metrics', async () => {
    const { ledger, url } = await runWorkers(2, { SHUTDOWN_TIMEOUT_MS: '500' });
    const stuck = Number(workerPids(ledger).get(2));
    process.kill(stuck, 'SIGSTOP');
    // One connection goes to the worker that is stuck, and hangs; the next come to the other one.
    const hanging = new AbortController();
    const asked = [1, 2].map(
      async () => await fetch(`${url}/metrics`, { headers: { connection: 'close' }, signal: hanging.signal }),
    );
    const answered = await Promise.any(asked);
    expect(Object.keys(byWorker(await answered.text(), 'process_cpu_seconds_total')).sort()).toEqual(['1', 'parent']);
    expect(await ledger.line('workers do not answer, their metrics are left out')).toMatchObject({ workers: [2] });
    hanging.abort();
    await Promise.allSettled(asked);
    expect(await ledger.stop()).toBe(1);
    expect(ledger.log).toContainEqual(expect.objectContaining({ level: 'error', msg: 'shutdown deadline missed' }));
    await gone([stuck]);
  });

  it('closes connections beyond what one process may have, rather than pass them on without end', async () => {
    const { ledger, url } = await runWorkers(2, { HTTP_CONNECTIONS_MAX: '1' });
    const { hostname, port } = new URL(url);
    const sockets: Socket[] = [];
    const closed = new Set<Socket>();
    for (let opened = 0; opened < 5; opened += 1) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      socket.on('error', () => undefined).on('close', () => closed.add(socket));
      await once(socket, 'connect');
    }
    await eventually(() => closed.size === 3, { what: 'the three that are too many to be closed' });
    for (const socket of sockets) socket.destroy();
    expect(await ledger.stop()).toBe(0);
  });
});

describe('a ledger of several processes that cannot start', () => {
  it('ends at once with the line and the exit code of a single one: its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const bind = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const ledger = run({ LEDGER_PROCESSES: '3', HTTP_BIND: bind });
    expect(await ledger.ended).toBe(1);
    const text = ledger.output.join('\n');
    expect(text).toContain(`cannot listen on ${bind}`);
    expect(text).toContain('worker 1 ended before it served: exit code 1');
    expect(text).not.toContain('starting it again');
    other.close();
  });

  it('ends at once: the database refuses the password, which is not shown', async () => {
    const wrong = new URL(database.databaseUrl);
    wrong.password = 'not-the-password';
    const ledger = run({ LEDGER_PROCESSES: '3', DATABASE_URL: wrong.href });
    expect(await ledger.ended).toBe(1);
    expect(ledger.output.join('\n')).not.toContain('starting it again');
    expect(ledger.output.join('\n')).not.toContain('not-the-password');
  });

  it.for([
    ['65', 'LEDGER_PROCESSES (--ledger-processes) must be an integer from 0 to 64'],
    ['many', 'LEDGER_PROCESSES (--ledger-processes) must be an integer from 0 to 64'],
  ] as const)('ends at once: LEDGER_PROCESSES=%s', async ([count, message]) => {
    const ledger = run({ LEDGER_PROCESSES: count });
    expect(await ledger.ended).toBe(2);
    expect(ledger.output.join('\n')).toContain(message);
    expect(ledger.log).toEqual([]);
  });

  it('waits for a database that is absent and answers probes, stops meanwhile, and starts the others later', async () => {
    const { proxy, url: databaseUrl } = await TcpProxy.before(database.databaseUrl);
    proxy.refuse();
    const waiting = run({ LEDGER_PROCESSES: '2', DATABASE_URL: databaseUrl });
    await waiting.line('waiting for the database');
    expect(await waiting.stop()).toBe(0);

    const ledger = run({ LEDGER_PROCESSES: '2', DATABASE_URL: databaseUrl });
    const { url } = await ledger.line('listening');
    await ledger.line('waiting for the database');
    const statuses = ['livez', 'readyz'].map(async (path) => {
      const response = await fetch(`${String(url)}/${path}`, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      return response.status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 503]);
    expect(ledger.log.some(({ worker }) => worker === 2)).toBe(false);
    proxy.accept();
    await serving(ledger, 2);
    expect(await ledger.stop()).toBe(0);
    await proxy.close();
  });
});
