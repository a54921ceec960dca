import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Random, readWholeTopic } from '../../packages/stack/src/testing/index.ts';
import { converse } from '../model/converse.ts';
import { RestLedger } from '../model/ledger-api.ts';
import { LedgerModel } from '../model/ledger-model.ts';
import { restFault } from '../model/rest-faults.ts';
import { topicFault } from '../model/topic-faults.ts';
import { AuditedStack, topic } from './audited-stack.ts';
import { ledgerVerdict } from './ledger-verdict.ts';

const seed = inject('seed');
const commandsPerLedger = 700;
const replay = `model: seed ${seed} (again with --sequence.seed=${seed})`;

/** What comes so often that no run is without it. */
const everyKind = [
  ...['create', 'batch', 'script', 'revert', 'map'].flatMap((kind) => [`${kind} 200`, `${kind} 200 again`]),
  ...['save-account', 'save-transaction'].flatMap((kind) => [`${kind} 204`, `${kind} 204 again`]),
  ...['create', 'batch'].flatMap((kind) => [`${kind} 400 VALIDATION`, `${kind} 409 CONFLICT`]),
  ...['create', 'batch', 'script', 'create preview'].map((kind) => `${kind} 400 INSUFFICIENT_FUND`),
  'create preview 200',
  'script preview 200',
  'script 200 INSUFFICIENT_FUND',
  'script 200 INTERNAL',
  'revert 400 VALIDATION',
];

let audited: AuditedStack;
const models = Array.from({ length: 6 }, (_, index) => new LedgerModel(`modelled-${index}`));

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 1, ledgerEnv: { EVENT_FORMAT: 'v1.10' } });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
});

test('thousands of random commands through two ledgers are each answered as the model answers them', async () => {
  const random = new Random(seed);
  const conversations = models.map(async (model) => {
    const apis = audited.stack.ledgerUrls.map((url) => new RestLedger(url, model.name));
    return converse({ model, apis, random: random.fork(), commands: commandsPerLedger, replay });
  });
  const counts = new Map<string, number>();
  // The others are heard to their ends, so that nothing goes on behind a failure.
  for (const outcome of await Promise.allSettled(conversations)) {
    if (outcome.status === 'rejected') throw outcome.reason;
    for (const [kind, count] of outcome.value) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  const sorted = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  process.stderr.write(`${replay}: ${JSON.stringify(sorted)}\n`);
  expect([...counts.keys()]).toEqual(expect.arrayContaining(everyKind));
  expect(models.every(({ transactions }) => transactions.length > commandsPerLedger / 4)).toBe(true);
});

test('afterwards everything that REST shows of each ledger is as in the model, the chain of its log is whole, and `ledger verify` finds no bad row', async () => {
  for (const [index, model] of models.entries()) {
    const api = new RestLedger(audited.stack.ledgerUrls[index % 2] ?? '', model.name);
    expect(await restFault(api, model)).toBeUndefined();
    expect(await ledgerVerdict(audited.stack.databaseUrl, model.name)).toMatchObject({ code: 0 });
  }
});

test("the topic has the model's events of each ledger, in order, and no others", async () => {
  await audited.settled();
  const records = await readWholeTopic(audited.stack.kafkaBrokers, topic);
  for (const model of models) expect(topicFault(records, model)).toBeUndefined();
  const names = new Set(models.map(({ name }) => name));
  expect(records.filter(({ key }) => !names.has(key ?? ''))).toEqual([]);
});
