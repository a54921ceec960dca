import { createLogger, createRegistry } from '@daybook/runtime';
import { beforeEach, expect, it } from 'vitest';
import { MemoryHistory } from '../../test-fixtures/memory-history.ts';
import { idOf, recordOf, rowOf, rowsOf } from '../../test-fixtures/verify-history.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { isReconciling } from './create-reconciler.ts';
import { Reconciler } from './reconciler.ts';
import { Verification } from './verification.ts';

let history: MemoryHistory;
let isChosen: boolean;
let logged: Record<string, unknown>[];
let metrics: () => Promise<Record<string, number>>;

beforeEach(() => {
  history = new MemoryHistory();
  isChosen = true;
  logged = [];
});

function reconcilerOf(
  limits: { readonly historyRecordsMax?: number; readonly memoryBytesMax?: number } = {},
): Reconciler {
  const registry = createRegistry('relay');
  metrics = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('daybook_relay_verif'));
    return Object.fromEntries(
      lines.map((line) => [
        line.replace(/,?service="relay"/, '').replace(/^daybook_relay_|\{\}| .*$/g, ''),
        Number(line.split(' ').at(-1)),
      ]),
    );
  };
  const destination = {
    write(line: string) {
      const entry: Record<string, unknown> = JSON.parse(line);
      logged.push(entry);
    },
  };
  return new Reconciler({
    intervalMs: 1,
    open: () =>
      new Verification({
        outbox: history.outbox,
        topics: history.topics,
        mapping: readTopicMapping(['*:all'], 'skip'),
        memoryBytesMax: limits.memoryBytesMax ?? 1_000_000,
      }),
    isChosen: () => isChosen,
    historyRecordsMax: limits.historyRecordsMax ?? 1_000,
    logger: createLogger({ service: 'relay', level: 'info', destination }),
    registry,
    delay: async () => Promise.resolve(),
  });
}

const messages = () => logged.map(({ msg }) => msg);

it('tells up to where each lane is verified, and when that was', async () => {
  const reconciler = reconcilerOf();
  history.publish(...rowsOf(300), ...rowsOf(5, { ledger: 'other', lane: 1 }));
  await reconciler.pass();
  expect(await metrics()).toMatchObject({ 'verified_sequence{lane="0"}': 300, 'verified_sequence{lane="1"}': 5 });
  history.publish(rowOf(301));
  await reconciler.pass();
  const { verify_last_success_timestamp_seconds: last = 0, ...rest } = await metrics();
  expect(rest).toMatchObject({ 'verified_sequence{lane="0"}': 301, 'verify_faults_total{kind="missing"}': 0 });
  expect(last).toBeGreaterThan(1_700_000_000);
});

it('counts and logs each fault once, and stays where it was until a missing row comes', async () => {
  const reconciler = reconcilerOf();
  history.publish(...rowsOf(5));
  history.rows.push(rowOf(6));
  history.publish(rowOf(7));
  history.produce(recordOf(rowOf(3), { headers: { id: idOf('x') } }));
  await reconciler.pass();
  await reconciler.pass();
  const faults = { 'verify_faults_total{kind="missing"}': 1, 'verify_faults_total{kind="phantom"}': 1 };
  expect(await metrics()).toMatchObject({ ...faults, 'verified_sequence{lane="0"}': 5 });
  const errors = logged.filter(({ level }) => level === 'error');
  expect(errors).toMatchObject([
    { kind: 'missing', count: 1, example: { sequence: 6 } },
    { kind: 'phantom', count: 1, example: { sequence: 3 } },
  ]);
  history.send(rowOf(6));
  await reconciler.pass();
  expect(await metrics()).toMatchObject({ ...faults, 'verified_sequence{lane="0"}': 7 });
});

it('says once that it cannot ask, and goes on where it was', async () => {
  const reconciler = reconcilerOf();
  history.publish(...rowsOf(5));
  await reconciler.pass();
  history.failure = new Error('away');
  await reconciler.pass();
  await reconciler.pass();
  history.failure = undefined;
  history.publish(rowOf(6));
  await reconciler.pass();
  expect(messages()).toEqual(['verification starts', 'dependency failed, retrying', 'dependency works again']);
  expect(await metrics()).toMatchObject({ 'verified_sequence{lane="0"}': 6, 'verify_faults_total{kind="missing"}': 0 });
});

it('begins with what comes from now on where the history is long', async () => {
  const reconciler = reconcilerOf({ historyRecordsMax: 10 });
  // Never to be found: it is not looked for.
  history.rows.push(rowOf(1));
  history.publish(...rowsOf(20).slice(1));
  await reconciler.pass();
  history.publish(rowOf(21));
  await reconciler.pass();
  expect(await metrics()).toMatchObject({
    'verified_sequence{lane="0"}': 21,
    'verify_faults_total{kind="missing"}': 0,
  });
  expect(logged).toMatchObject([{ msg: 'verification starts', from: 'now on' }]);
});

it('begins anew when a topic was made anew, or its memory is full', async () => {
  const reconciler = reconcilerOf({ memoryBytesMax: 64 * 35 * 3 });
  history.publish(...rowsOf(60));
  await reconciler.pass();
  history.records.splice(0, 60);
  await reconciler.pass();
  await reconciler.pass();
  history.publish(...rowsOf(400).slice(60));
  await reconciler.pass();
  await reconciler.pass();
  history.publish(rowOf(401));
  await reconciler.pass();
  const anew = 'verification begins anew with what comes from now on';
  expect(messages()).toEqual(['verification starts', anew, 'verification starts', anew, 'verification starts']);
  expect(await metrics()).toMatchObject({
    'verified_sequence{lane="0"}': 401,
    'verify_faults_total{kind="missing"}': 0,
  });
});

it('is done by one of the living relays', async () => {
  const members = ['relay-0', 'relay-1', 'relay-2'];
  expect(members.filter((id) => isReconciling(id, members))).toHaveLength(1);
  expect(isReconciling('relay-0', [])).toBe(false);
  const reconciler = reconcilerOf();
  history.publish(...rowsOf(5));
  await reconciler.pass();
  isChosen = false;
  await reconciler.pass();
  expect(await metrics()).not.toHaveProperty(['verified_sequence{lane="0"}']);
});

it('stops', async () => {
  const reconciler = reconcilerOf();
  history.publish(...rowsOf(5));
  reconciler.start();
  await reconciler.stop();
  expect(messages().length).toBeLessThan(2);
});
