import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { isAlive } from '../../packages/stack/src/process-table.ts';
import { eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { childrenOf } from '../chaos/process-children.ts';
import { historyFaults } from '../model/history-faults.ts';
import { AuditedStack } from './audited-stack.ts';
import { readHistory } from './ledger-history.ts';
import { ledgerVerdict } from './ledger-verdict.ts';

const seed = inject('seed');
const ledgers = ['one', 'two', 'three'];
const clients = 32;
const kills = 3;

let audited: AuditedStack;
let workload: Workload;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 1, relays: 1, ledgerEnv: { LEDGER_PROCESSES: '2' } });
  await bothWrite();
}, 120_000);

afterAll(async () => {
  await workload?.stop();
  await audited?.stop();
});

/** The processes below the parent, which is the one that the stack started. */
function workers(): readonly number[] {
  return childrenOf(audited.stack.pids.ledgers[0] ?? 0);
}

/** Commits of each worker by its number, as the service shows them. */
async function commits(): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${audited.stack.ledgerUrls[0]}/metrics`, { headers: { connection: 'close' } });
  const lines = (await response.text()).matchAll(
    /^daybook_ledger_batch_commits_total\{service="ledger",worker="(\d+)"\} (\d+)$/gm,
  );
  return new Map([...lines].map(([, worker = '', count]) => [worker, Number(count)]));
}

async function bothWrite(commitsMin = 0): Promise<void> {
  await eventually(
    async () => {
      const counts = [...(await commits()).values()];
      return counts.length === 2 && counts.every((count) => count >= commitsMin);
    },
    { what: `two workers with ${commitsMin} commits each`, withinMs: 60_000, pollMs: 100 },
  );
}

/** Waits until clients were told of so many more writes. */
async function written(more: number): Promise<void> {
  const before = workload.counts.written;
  await eventually(() => workload.counts.written > before + more, { what: `${more} writes`, withinMs: 60_000 });
}

test('clients write to the same ledgers through two workers, which are killed in turn, and each write has an outcome', async () => {
  workload = new Workload({ seed, ledgerUrls: audited.stack.ledgerUrls, ledgers, clients });
  await bothWrite(100);
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = workers()[kill % 2];
    process.kill(Number(victim), 'SIGKILL');
    await eventually(() => workers().length === 2 && !workers().includes(Number(victim)), { what: 'another worker' });
    // Its counters begin anew.
    await bothWrite(50);
    await written(500);
  }
  expect(audited.stack.pids.ledgers).toHaveLength(1);
  expect(logged('worker ended, starting it again')).toHaveLength(kills);
});

test('a stop ends parent and workers in order, under load', async () => {
  const processes = [...workers(), Number(audited.stack.pids.ledgers[0])];
  await audited.stack.halt('ledger');
  expect(processes.filter(isAlive)).toEqual([]);
  const stopped = logged('stopped').filter((line) => processes.some((pid) => line.includes(`"pid":${pid},`)));
  expect(stopped.map((line) => /"exitCode":(\d+)/.exec(line)?.[1])).toEqual(['0', '0', '0']);
  await audited.stack.restart('ledger');
  await bothWrite(50);
});

test('a parent that is killed leaves no worker, and the next one has the port', async () => {
  const orphans = workers();
  expect(orphans).toHaveLength(2);
  await audited.stack.kill('ledger');
  await eventually(() => !orphans.some(isAlive), { what: 'workers that end with their parent' });
  await audited.stack.ready('ledger');
  await bothWrite(50);
  await written(500);
});

test('then nothing is lost or made up: numbers have no gaps, chains are valid, and all that was told is there', async () => {
  await workload.stop();
  process.stderr.write(`processes (seed ${seed}): ${JSON.stringify(workload.counts)}\n`);
  expect(workload.complaints).toEqual([]);
  expect(workload.counts.unknown).toBe(0);
  const histories = await Promise.all(ledgers.map(async (ledger) => await readHistory(audited.pool, ledger)));
  expect(histories.flatMap(historyFaults)).toEqual([]);
  for (const ledger of ledgers) {
    expect(await ledgerVerdict(audited.stack.databaseUrl, ledger)).toMatchObject({ code: 0 });
  }
  await audited.settled();
  const { faults, events } = await audited.audit(workload);
  process.stderr.write(`processes (seed ${seed}): ${events} events\n`);
  expect(faults).toEqual({});
});

/** Lines of the log of all processes of the ledger. */
function logged(message: string): readonly string[] {
  const text = readFileSync(join(audited.stack.logFolder, 'ledger-0.log'), 'utf8');
  return text.split('\n').filter((line) => line.includes(`"msg":"${message}"`));
}
