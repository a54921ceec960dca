import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPool } from '../../../packages/postgres/src/index.ts';
import { Stack, type ProcessKind, type StackDescription } from '../../../packages/stack/src/index.ts';
import { eventually } from '../../../packages/stack/src/testing/index.ts';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from './launched-stack.ts';

const standIn = fileURLToPath(new URL('stand-in-service.ts', import.meta.url));
const mains = { ledger: standIn, relay: standIn };
const restartedWithinMs = 1_000;

let stack: Stack | undefined;
const folders: { path: string; remove: () => void }[] = [];

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made.path;
}

afterEach(async () => {
  await stack?.stop();
  for (const { remove } of folders.splice(0)) {
    remove();
  }
});

function pidOf(description: StackDescription, kind: ProcessKind, index: number): number | null {
  const { postgres, kafka, ledgers, relays } = description.pids;
  return { postgres, kafka, ledger: ledgers[index] ?? null, relay: relays[index] ?? null }[kind];
}

test('a process that dies is back within a second, and stack.json shows its number', async () => {
  const describeIn = { folder: folder() };
  const running = await Stack.start({ mains, ledgers: 2, relays: 2, describeIn });
  stack = running;
  const described = (): StackDescription =>
    JSON.parse(readFileSync(join(describeIn.folder, '.daybook/stack.json'), 'utf8'));
  const before = described();
  expect(before.pids).toEqual(running.pids);
  for (const [kind, index] of [
    ['postgres', 0],
    ['kafka', 0],
    ['ledger', 1],
    ['relay', 0],
  ] as const) {
    const old = pidOf(before, kind, index);
    await running.kill(kind, index, 'SIGKILL');
    const killedAt = performance.now();
    await eventually(() => ![null, old].includes(pidOf(described(), kind, index)), {
      what: `${kind} to be back`,
      withinMs: restartedWithinMs,
    });
    expect(performance.now() - killedAt).toBeLessThan(restartedWithinMs);
  }
  await Promise.all([
    running.ready('postgres'),
    running.ready('kafka'),
    running.ready('ledger', 1),
    running.ready('relay'),
  ]);
  const answer = await fetch(running.relayUrls[0] ?? '');
  expect(await answer.json()).toMatchObject({ relayId: 'relay-0' });
});

test('without restarts a process stays down until it is asked for', async () => {
  const running = await Stack.start({ mains, restart: false, ledgers: 1, relays: 0 });
  stack = running;
  await running.kill('ledger', 0, 'SIGKILL');
  expect(running.pids.ledgers).toEqual([null]);
  await running.restart('ledger', 0);
  expect(running.pids.ledgers).toEqual([expect.any(Number)]);
  await running.halt('postgres');
  expect(running.pids.postgres).toBeNull();
  await running.restart('postgres');
  expect(running.pids.postgres).not.toBeNull();
});

test('a stopped process does not keep the stack from ending', async () => {
  const running = await Stack.start({ mains });
  stack = running;
  for (const kind of ['postgres', 'kafka', 'ledger', 'relay'] as const) {
    await running.kill(kind, 0, 'SIGSTOP');
  }
  const askedAt = performance.now();
  await running.stop();
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  expect(running.pids).toEqual({ postgres: null, kafka: null, ledgers: [null], relays: [null] });
});

test('a second start finds the data of the first, also after a kill', async () => {
  const dataDir = folder();
  const withPool = async (running: Stack, sql: string) => {
    const pool = createPool(running.databaseUrl, { size: 1, applicationName: 'test' });
    try {
      return (await pool.query(sql)).rows;
    } finally {
      await pool.end();
    }
  };
  stack = await Stack.start({ mains, dataDir, restart: false });
  await withPool(stack, "create table note as select 'kept' as text");
  await stack.kill('postgres', 0, 'SIGKILL');
  await stack.kill('kafka', 0, 'SIGKILL');
  await stack.stop();
  stack = await Stack.start({ mains, dataDir });
  expect(await withPool(stack, 'select text from note')).toEqual([{ text: 'kept' }]);
});

test('flags go to the relays, and a joiner gets a place of its own', async () => {
  const running = await Stack.start({ mains, relays: 1, ledgers: 0, relayFlags: ['--publisher-topic-mapping=*:x'] });
  stack = running;
  const index = await running.add('relay');
  expect(index).toBe(1);
  const answer = await fetch(running.relayUrls[index] ?? '');
  expect(await answer.json()).toEqual({ argv: ['serve', '--publisher-topic-mapping=*:x'], relayId: 'relay-1' });
});

test('a service that cannot start fails the start with the end of its log, and leaves nothing', async () => {
  const describeIn = { folder: folder() };
  const missing = join(describeIn.folder, 'missing.ts');
  await expect(Stack.start({ mains: { ledger: missing, relay: standIn }, describeIn })).rejects.toThrow(
    /ledger 0 ended while starting[\s\S]*Cannot find module/,
  );
});
