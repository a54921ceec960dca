import { describe, expect, test } from 'vitest';
import { Random, type TopicRecord } from '../../packages/stack/src/testing/index.ts';
import { converse } from './converse.ts';
import { FakeLedger, type Mistake } from './fake-ledger.ts';
import { LedgerModel } from './ledger-model.ts';
import { readRows } from './list-faults.ts';
import { logFault } from './log-faults.ts';
import { restFault } from './rest-faults.ts';
import { topicFault } from './topic-faults.ts';

const commands = 500;
const seed = 1;

async function talk(mistake?: Mistake) {
  const model = new LedgerModel('one');
  const ledger = new FakeLedger('one', mistake);
  const conversation = { model, apis: [ledger], random: new Random(seed), commands, replay: `seed ${seed}` };
  return { model, ledger, counts: await converse(conversation) };
}

test('a ledger that does all as the model passes every check, and is asked for everything', async () => {
  const { model, ledger, counts } = await talk();
  expect(await restFault(ledger, model)).toBeUndefined();
  expect(topicFault(ledger.records, model)).toBeUndefined();
  expect([...counts.keys()]).toEqual(
    expect.arrayContaining([
      'batch 200',
      'create 200',
      'create 200 again',
      'create 400 INSUFFICIENT_FUND',
      'create 400 VALIDATION',
      'create preview 200',
      'map 200',
      'revert 200',
      'revert 400 VALIDATION',
      'save-account 204',
      'save-transaction 204',
      'script 200',
      'script 200 INSUFFICIENT_FUND',
      'script 200 METADATA_OVERRIDE',
      'script 400 INSUFFICIENT_FUND',
      'script preview 200',
    ]),
  );
});

test('the same seed has the same commands', async () => {
  const [one, other] = await Promise.all([talk(), talk()]);
  expect(other.counts).toEqual(one.counts);
  expect(other.model.logs.map(({ type }) => type)).toEqual(one.model.logs.map(({ type }) => type));
});

describe('a ledger that errs is found out, with the command that shows it', () => {
  const mistakes: Record<string, Mistake['takes'] & {}> = {
    'forgets keys': ({ key: _key, ...command }) => command,
    'keeps previews': (command) => ('isPreview' in command ? { ...command, isPreview: false } : command),
    'knows no contracts': (command) => (command.kind === 'map' ? { ...command, contracts: [] } : command),
    'reverts whatever it leaves': (command) =>
      command.kind === 'revert' ? { ...command, disableChecks: true } : command,
    'takes any reference': (command) => {
      if (command.kind !== 'create') return command;
      const { reference: _reference, ...draft } = command.draft;
      return { ...command, draft };
    },
    'loses metadata of accounts': (command) =>
      command.kind === 'save-account' ? { ...command, metadata: {} } : command,
    'loses metadata that scripts set': (command) => {
      if (command.kind !== 'script') return command;
      const { accountMetadata: _lost, ...script } = command.script;
      return { ...command, script };
    },
    'takes half of a batch': (command) =>
      command.kind === 'batch' ? { ...command, drafts: command.drafts.slice(0, 1) } : command,
  };
  test.for(Object.entries(mistakes))('it %s', async ([, takes]) => {
    await expect(lookFor({ takes })).rejects.toThrow(' should ');
  });

  test('it answers a volume that is one too much', async () => {
    let answered = 0;
    const spoiled = talk({
      answers(answer, kind) {
        answered += 1;
        const isSpoiled = answered > 100 && kind === 'create' && answer.status === 200;
        return isSpoiled ? spoil(answer, ['body', 'data', '0', 'postCommitVolumes']) : answer;
      },
    });
    await expect(spoiled).rejects.toThrow(
      /^seed 1, ledger one, command \d+: POST transactions\S* \{.*\n.*postCommitVolumes.* should be /s,
    );
  });

  test.for([
    'stats',
    'mapping',
    'aggregate/balances',
    'accounts/bank',
    'transactions/7',
    'accounts?pageSize=3',
    'balances?pageSize=4',
    'logs?pageSize=200',
    'transactions?account=bank&pageSize=1000',
  ])('it shows something else at %s', async (path) => {
    const answers: Mistake['answers'] = (answer, asked) => (asked === path ? spoil(answer, ['body']) : answer);
    await expect(lookFor({ answers })).rejects.toThrow(path);
  });
});

describe('a log that is not as the model is found out', () => {
  const changes: Record<string, (rows: readonly unknown[]) => unknown[]> = {
    'a row is missing': (rows) => rows.toSpliced(10, 1),
    'a row is there twice': (rows) => rows.toSpliced(10, 0, rows[10]),
    'two rows have changed places': (rows) => rows.with(10, rows[11]).with(11, rows[10]),
    'a row has another hash': (rows) => rows.with(10, { ...entries(rows[10]), hash: 'f'.repeat(64) }),
    'a row has another date': (rows) => rows.with(10, { ...entries(rows[10]), date: '2023-01-01T00:00:00.5Z' }),
    'a row has other data': (rows) => rows.with(10, spoil(rows[10], ['data'])),
  };
  const talked = talk().then(async ({ model, ledger }) => ({
    model,
    rows: await readRows(ledger, { path: 'logs?', pageSize: 200 }),
  }));

  test.for(Object.entries(changes))('%s', async ([, spoiled]) => {
    const { model, rows } = await talked;
    expect(logFault(rows, model.logs)).toBeUndefined();
    expect(logFault(spoiled(rows), model.logs)).toMatch(/^(?:the log|row \d+ of the log)/);
  });
});

describe('a topic that is not as the model is found out', () => {
  type Records = readonly TopicRecord[];
  const changes: Record<string, (records: Records) => Records> = {
    'an event is missing': (records) => records.toSpliced(100, 1),
    'the last event is missing': (records) => records.slice(0, -1),
    'two events have changed places': (records) => records.with(50, at(records, 51)).with(51, at(records, 50)),
    'an event is there that the model does not have': (records) => [
      ...records,
      change(at(records, 0), { sequence: String(records.length + 1), id: 'another' }),
    ],
    'an event has the id of another': (records) => records.with(60, change(at(records, 60), { id: 'id of 5' })),
    'an event came twice with two ids': (records) => [...records, change(at(records, 70), { id: 'another' })],
    'a repeat has another body': (records) => [...records, { ...at(records, 70), value: at(records, 71).value }],
    'an event has another type': (records) => records.with(80, change(at(records, 80), { type: 'NEW_TYPE' })),
    'an event has another key': (records) => records.with(90, { ...at(records, 90), key: 'two' }),
    'a ledger is in two partitions': (records) => records.with(90, { ...at(records, 90), partition: 1 }),
  };
  const talked = talk();

  test.for(Object.entries(changes))('%s', async ([, spoiled]) => {
    const { model, ledger } = await talked;
    expect(topicFault(spoiled(ledger.records), model)).toMatch(/^(?:event \d+ of )?one/);
  });

  test('but repeats may come', async () => {
    const { model, ledger } = await talked;
    expect(topicFault([...ledger.records, ...ledger.records.slice(-30)], model)).toBeUndefined();
  });
});

function entries(row: unknown): object {
  return typeof row === 'object' && row !== null ? row : {};
}

/** Talks to a ledger that errs, and looks at all that is left of it. */
async function lookFor(mistake: Mistake): Promise<void> {
  const { model, ledger } = await talk(mistake);
  const fault = (await restFault(ledger, model)) ?? topicFault(ledger.records, model);
  if (fault !== undefined) throw new Error(fault);
}

function at(records: readonly TopicRecord[], index: number): TopicRecord {
  const record = records[index];
  if (record === undefined) throw new RangeError(`no record ${index}`);
  return record;
}

function change(record: TopicRecord, headers: Record<string, string>): TopicRecord {
  return { ...record, headers: { ...record.headers, ...headers } };
}

/** The same with the last value changed that is in it, at the end of a path. */
function spoil<Value>(value: Value, path: readonly string[]): Value;
function spoil(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value !== 'object' || value === null) return `${String(value)}, spoiled`;
  const items = Object.entries(value);
  const [spoiled, item] = items.find(([name]) => name === key) ?? items.at(-1) ?? ['spoiled', true];
  if (Array.isArray(value)) return items.length === 0 ? [item] : value.with(Number(spoiled), spoil(item, rest));
  return { ...value, [spoiled]: spoil(item, rest) };
}
