import type { KeptPartition, KeptReason, RetentionRound } from '@daybook/outbox';
import { createLogger, createRegistry } from '@daybook/runtime';
import { expect, it } from 'vitest';
import { RetentionLoop } from './retention.ts';

const partition = { name: 'outbox_20261101', from: '2026-11-01 00:00:00+00', to: '2026-11-02 00:00:00+00' };

function done(...reasons: readonly KeptReason[]): RetentionRound {
  const kept = reasons.map((reason): KeptPartition => ({ ...partition, reason }));
  return { kind: 'done', partitions: 5, dropped: [], kept };
}

function failed(code: string): Error {
  return Object.assign(new Error(`PostgreSQL says ${code}`), { code });
}

/** Lets the loop make these rounds and then stops it; gives what it said, how long it waited after each, and its metrics. */
async function run(rounds: readonly (RetentionRound | Error)[]) {
  const lines: string[] = [];
  const waits: number[] = [];
  const registry = createRegistry('relay');
  const stopping = new AbortController();
  const left = [...rounds];
  const loop = new RetentionLoop({
    round: () => {
      const next = left.shift();
      if (next === undefined || next instanceof Error) return Promise.reject(next ?? new Error('no more rounds'));
      return Promise.resolve(next);
    },
    logger: createLogger({ service: 'relay', level: 'info', destination: { write: (line) => void lines.push(line) } }),
    registry,
    delay: (ms) => {
      waits.push(ms);
      if (left.length === 0) stopping.abort();
      return Promise.resolve();
    },
    random: () => 0.5,
  });
  await loop.run(stopping.signal);
  const said = lines.map((line) => {
    const { level, msg }: { level: unknown; msg: unknown } = JSON.parse(line);
    return `${String(level)} ${String(msg)}`;
  });
  return { said, lines, waits, metrics: await registry.metrics() };
}

const hour = 3_600_000;
const minute = 60_000;
const failure = 'error outbox retention failed, trying again';
const kept = 'old outbox partitions kept';

it.each<{ of: string; rounds: readonly (RetentionRound | Error)[]; said: readonly string[]; waits: readonly number[] }>(
  [
    { of: 'nothing, when nothing is due', rounds: [done(), done()], said: [], waits: [hour, hour] },
    {
      of: 'what is dropped',
      rounds: [{ kind: 'done', partitions: 3, dropped: [partition], kept: [] }],
      said: ['info outbox partition dropped'],
      waits: [hour],
    },
    {
      of: 'what is kept, once for each change',
      rounds: [done('held'), done('held'), done('held', 'replay'), done(), done('held')],
      said: [`warn ${kept}`, `warn ${kept}`, `warn ${kept}`],
      waits: [hour, hour, hour, hour, hour],
    },
    {
      of: 'busy ones, and looks again soon',
      rounds: [done('busy'), done()],
      said: [`warn ${kept}`],
      waits: [minute, hour],
    },
    { of: 'rows that were put back, as an error', rounds: [done('put-back')], said: [`error ${kept}`], waits: [hour] },
    {
      of: 'a missing right, once',
      rounds: [
        { kind: 'not-owner', owner: 'books' },
        { kind: 'not-owner', owner: 'books' },
      ],
      said: ['warn old outbox partitions are not dropped'],
      waits: [hour, hour],
    },
    {
      of: 'a failure, once, and goes on',
      rounds: [failed('42501'), failed('42501'), failed('XX000'), failed('42P01'), done()],
      said: [failure, failure, failure],
      waits: [hour, hour, hour, minute, hour],
    },
    { of: 'nothing of a database that is away', rounds: [failed('57P01')], said: [], waits: [minute] },
    { of: 'nothing of a round elsewhere', rounds: [{ kind: 'elsewhere' }], said: [], waits: [minute] },
  ],
)('says $of', async ({ rounds, said, waits }) => {
  const ran = await run(rounds);
  expect(ran.said).toEqual(said);
  expect(ran.waits).toEqual(waits);
});

it('names the mend where the right is missing', async () => {
  const { lines } = await run([{ kind: 'not-owner', owner: 'books' }]);
  expect(lines[0]).toContain('"owner":"books"');
  expect(lines[0]).toContain('relay retention');
});

it('counts partitions, those kept by reason, and those dropped', async () => {
  const { metrics } = await run([
    { kind: 'done', partitions: 4, dropped: [partition, partition], kept: [{ ...partition, reason: 'held' }] },
  ]);
  expect(metrics).toContain('daybook_relay_outbox_partitions{service="relay"} 4');
  expect(metrics).toContain('daybook_relay_outbox_partitions_kept{reason="held",service="relay"} 1');
  expect(metrics).toContain('daybook_relay_outbox_partitions_kept{reason="busy",service="relay"} 0');
  expect(metrics).toContain('daybook_relay_outbox_partitions_dropped_total{service="relay"} 2');
  expect((await run([failed('57P01')])).metrics).not.toMatch(/^daybook_relay_outbox_partitions\{/m);
});
