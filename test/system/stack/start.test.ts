import process from 'node:process';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../packages/stack/src/testing/index.ts';
import { LaunchedStack, kill, remainsAfter, temporaryFolder } from './launched-stack.ts';
import { createServer } from 'node:net';

const stacks: LaunchedStack[] = [];
const folders: { remove: () => void }[] = [];

function launch(...flags: string[]): LaunchedStack {
  const folder = temporaryFolder();
  folders.push(folder);
  const stack = new LaunchedStack(folder.path, flags);
  stacks.push(stack);
  return stack;
}

afterEach(() => {
  for (const stack of stacks.splice(0)) {
    stack.discard();
  }
  for (const folder of folders.splice(0)) {
    folder.remove();
  }
});

async function exitOf(stack: LaunchedStack): Promise<number> {
  await eventually(() => stack.exitCode !== null, { what: 'the command to end', withinMs: 30_000 });
  return stack.exitCode ?? -1;
}

describe.skipIf(process.platform !== 'linux')('pnpm start', () => {
  test('refuses an unknown flag and names the nearest', async () => {
    const stack = launch('--legders', '2');
    expect(await exitOf(stack)).toBe(2);
    expect(stack.output).toContain('did you mean --ledgers?');
  });

  test('leaves nothing when a part cannot start', async () => {
    const blocker = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    const portBase = 20_310;
    blocker.listen(portBase + 40, '127.0.0.1', () => resolve());
    await promise;
    try {
      const stack = launch('--port-base', String(portBase));
      expect(await exitOf(stack)).toBe(1);
      expect(stack.output).toContain(`Port ${portBase + 40}`);
      expect(await remainsAfter(stack, 5_000)).toEqual([]);
    } finally {
      blocker.close();
    }
  });

  // What is on the screen tells where the start stands; each of these moments is another one to be broken off at.
  test.each([
    ['the first process', 'postgres'],
    ['Kafka', 'kafka.Kafka'],
    ['a ledger', 'services/ledger'],
  ])('leaves nothing when it is broken off as %s appears', async (_what, command) => {
    const stack = launch();
    await eventually(() => stack.remains().some((line) => line.includes(command)), {
      what: `${command} to appear`,
      withinMs: 30_000,
    });
    kill(stack.npxPid, 'SIGKILL');
    expect(await remainsAfter(stack, 5_000)).toEqual([]);
  });

  test('runs twice side by side, and a second stack on the same data is refused', async () => {
    const [one, two] = [launch(), launch()];
    const [first, second] = await Promise.all([one.ready(), two.ready()]);
    expect(first.databaseUrl).not.toBe(second.databaseUrl);
    expect(first.kafkaBrokers).not.toEqual(second.kafkaBrokers);
    const intruder = new LaunchedStack(one.dataDir);
    stacks.push(intruder);
    expect(await exitOf(intruder)).toBe(1);
    expect(intruder.output).toContain('Another PostgreSQL');
    for (const url of [...first.ledgerUrls, ...first.relayUrls]) {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    }
  });
});
