import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { writeKinds, type WriteKind } from './auditor-writes.ts';
import { portOf } from './tcp-proxy.ts';
import { planWrite, type KnownLedger } from './workload-plan.ts';
import { Random } from './workload-random.ts';
import { Workload } from './workload.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

/** A ledger that writes each key once, and does to requests what a test wants. */
async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, key: string) => boolean,
): Promise<{ url: string; writes: Map<string, number> }> {
  const writes = new Map<string, number>();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const key = request.headers['idempotency-key'];
      const { url = '' } = request;
      if (typeof key !== 'string') {
        response.end(answerTo(url, 99));
        return;
      }
      const isReplay = writes.has(key);
      if (!handle(request, response, key)) {
        return;
      }
      const txid = writes.get(key) ?? writes.size;
      writes.set(key, txid);
      const isBare = url.endsWith('/metadata');
      response.writeHead(isBare ? 204 : 200, isReplay ? { 'idempotency-hit': 'true' } : {});
      response.end(isBare ? undefined : answerTo(url, txid));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, writes };
}

/** As each endpoint answers. */
function answerTo(url: string, txid: number): string {
  if (/\/script(?:\?|$)/.test(url)) {
    return `{"transaction":{"txid":${txid}}}`;
  }
  return `{"data":${url.endsWith('/revert') ? `{"txid":${txid}}` : `[{"txid":${txid}}]`}}`;
}

function plan(seed: number, kinds: readonly WriteKind[] = writeKinds): ReturnType<typeof planWrite>[] {
  const random = new Random(seed);
  const ledger: KnownLedger = { name: 'one', txids: Array.from({ length: 100 }, (_, txid) => txid), reverted: [7] };
  return Array.from({ length: 500 }, (_, index) => planWrite(ledger, { name: `w${index}`, kinds, random }));
}

test('a seed decides the numbers, evenly spread', () => {
  const numbers = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 10_000 }, () => random.between(1, 4));
  };
  expect(numbers(5)).toEqual(numbers(5));
  expect(numbers(5)).not.toEqual(numbers(6));
  for (const face of [1, 2, 3, 4]) {
    const share = numbers(5).filter((number) => number === face).length / 10_000;
    expect(share).toBeGreaterThan(0.23);
    expect(share).toBeLessThan(0.27);
  }
});

test('a seed decides the writes, which are of all kinds', () => {
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
  const writes = plan(3);
  expect(new Set(writes.map(({ kind }) => kind))).toEqual(new Set(writeKinds));
  expect(writes.some(({ isPreview }) => isPreview)).toBe(true);
  expect(new Set(plan(3, ['batch', 'mapping']).map(({ kind }) => kind))).toEqual(new Set(['batch', 'mapping']));
  for (const { body } of writes) {
    expect(() => void JSON.parse(body ?? 'null')).not.toThrow();
  }
  const reverts = writes.filter(({ kind, mark }) => kind === 'revert' && mark !== undefined);
  expect(new Set(reverts.map(({ mark }) => mark)).size).toBe(reverts.length);
});

test('scripts go to both endpoints, under a mark in their metadata, and some are previews', () => {
  const scripts = plan(4, ['script']);
  const isOld = (path: string) => path.startsWith('/one/script');
  const counts = [true, false].map((old) => scripts.filter(({ path }) => isOld(path) === old).length);
  expect(Math.min(...counts)).toBeGreaterThan(200);
  expect(scripts.filter(({ isPreview }) => isPreview).length).toBeGreaterThan(10);
  for (const { path, body, mark, isPreview, idempotencyKey } of scripts) {
    const script = { plain: expect.stringContaining('send '), vars: expect.any(Object) };
    expect(JSON.parse(body ?? '')).toMatchObject({ ...(isOld(path) ? script : { script }), metadata: { mark } });
    expect(path.includes('?preview=true')).toBe(isPreview);
    expect(idempotencyKey).toBe(isPreview ? undefined : mark);
  }
});

test('the accounts of a script are those that it says it saves, overdraws and empties', () => {
  const scripts = plan(5, ['script']);
  for (const { body, overdrafts = [], script } of scripts) {
    const accounts = [
      ...overdrafts.map(({ account }) => account),
      ...(script?.saves ?? []).flatMap((saved) => (typeof saved === 'string' ? [saved] : [])),
      ...(script?.empties === undefined ? [] : [script.empties.account]),
    ];
    for (const account of accounts) {
      expect(body).toMatch(new RegExp(`["@]${account}\\b`));
    }
    // Whoever sets metadata says so; a mark alone is what the auditor finds it by.
    const isSaving = body?.includes('set_account_meta') ?? false;
    expect(body?.includes('"mark\\", $mark')).toBe(isSaving);
  }
  expect(scripts.some(({ overdrafts = [] }) => overdrafts.length > 0)).toBe(true);
  expect(scripts.some(({ script }) => script?.empties !== undefined)).toBe(true);
  expect(scripts.some(({ script }) => script?.destination !== undefined)).toBe(true);
});

test('a write is tried again, under the same key, until its outcome is known', async () => {
  const attempts = new Map<string, number>();
  const { url, writes } = await serve((request, response, key) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt === 1) {
      response.writeHead(503).end();
      return false;
    }
    if (attempt === 2) {
      // Written, and nobody hears of it.
      writes.set(key, writes.size);
      request.socket.destroy();
      return false;
    }
    return true;
  });
  const workload = new Workload({ seed: 1, ledgerUrls: [url], ledgers: ['one'], clients: 4, writesMax: 40 });
  await workload.finished();
  const { written, previewed, retries, replays, inFlight } = workload.counts;
  expect(written + previewed).toBe(40);
  expect({ retries, replays, inFlight }).toEqual({ retries: 2 * written, replays: written, inFlight: 0 });
  expect(workload.writes).toHaveLength(40);
  expect(workload.complaints).toEqual([]);
  const transactions = workload.writes.filter(
    ({ kind, outcome }) => (kind === 'transaction' || kind === 'script') && outcome === 'written',
  );
  expect(transactions.map(({ txids }) => txids)).toEqual(transactions.map(({ mark = '' }) => [writes.get(mark)]));
});

test('a refusal is an answer, a server error a complaint', async () => {
  let requests = 0;
  const { url } = await serve((_request, response) => {
    requests += 1;
    response.writeHead(requests % 2 === 1 ? 500 : 400).end();
    return false;
  });
  const workload = new Workload({ seed: 1, ledgerUrls: [url], ledgers: ['one'], clients: 1, writesMax: 5 });
  await workload.finished();
  expect(workload.counts.refused + workload.counts.previewed).toBe(5);
  expect(workload.complaints).toHaveLength(workload.counts.refused);
});

test('a script is refused with 200 at its own endpoint, and nowhere else', async () => {
  const { url } = await serve((_request, response) => {
    response.writeHead(200).end('{"errorCode":"INSUFFICIENT_FUND","errorMessage":"…","transaction":{"txid":0}}');
    return false;
  });
  const options = { seed: 1, ledgerUrls: [url], ledgers: ['one'], clients: 2, writesMax: 40 };
  const workload = new Workload({ ...options, kinds: ['script'] });
  await workload.finished();
  const { refused, written, previewed } = workload.counts;
  expect(refused).toBeGreaterThan(0);
  expect(written).toBeGreaterThan(0);
  expect(workload.complaints).toHaveLength(written);
  expect(refused + written + previewed).toBe(40);
});

test('without an answer the outcome is unknown once the time is up', async () => {
  const { url } = await serve((request) => {
    request.socket.destroy();
    return false;
  });
  const options = { seed: 1, ledgerUrls: [url], ledgers: ['one'], clients: 1, writesMax: 1, giveUpAfterMs: 0 };
  const workload = new Workload(options);
  await workload.finished();
  expect(workload.writes).toMatchObject([{ outcome: 'unknown', txids: [] }]);
});

test('a stop waits for what is under way and plans no more', async () => {
  const waiting: (() => void)[] = [];
  const { promise: full, resolve } = Promise.withResolvers<void>();
  const { url } = await serve((_request, response) => {
    waiting.push(() => void response.writeHead(400).end());
    if (waiting.length === 3) {
      resolve();
    }
    return false;
  });
  const workload = new Workload({ seed: 2, ledgerUrls: [url], ledgers: ['one', 'two'], clients: 3 });
  await full;
  expect(workload.counts.inFlight).toBe(3);
  const stopped = workload.stop();
  for (const answer of waiting) {
    answer();
  }
  await stopped;
  expect(workload.counts).toMatchObject({ inFlight: 0, refused: 3 });
});

test('the rate is bounded', async () => {
  const { url } = await serve(() => true);
  const startedAt = performance.now();
  const workload = new Workload({
    seed: 3,
    ledgerUrls: [url],
    ledgers: ['one'],
    clients: 5,
    writesMax: 20,
    writesPerSecondMax: 200,
  });
  await workload.finished();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
});
