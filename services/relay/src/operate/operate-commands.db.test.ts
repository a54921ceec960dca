import { parkRow, readNext } from '@daybook/outbox';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RelaySettings } from '../config.ts';
import { runOperate, type OperateCommand } from './operate-commands.ts';

let database: OutboxDatabase;
const shown = { json: false };
const decided = { by: 'ada', why: 'to see', json: false };

beforeAll(async () => {
  database = await OutboxDatabase.create();
  await database.write(3, 4);
  const [row] = await readNext(database.relayPool, [{ lane: 3, seq: 1, at: '-infinity' }], {
    rows: 1,
    rowsPerLane: 1,
    bytes: 1_000,
  });
  if (row === undefined) throw new Error('no row');
  const refusal = { topic: 'default', error: 'too large', attempts: 3, policy: 'hold-key', relay: 'relay-0' } as const;
  await parkRow(database.relayPool, { row, ...refusal });
});

afterAll(async () => {
  await database.drop();
});

type Given = OperateCommand extends infer Each ? (Each extends OperateCommand ? Omit<Each, 'values'> : never) : never;

async function run(given: Given) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that these commands read
  const values = { databaseUrl: database.relayUrl, deadAfterMs: 10_000 } as RelaySettings;
  const said = { out: '', err: '' };
  const code = await runOperate(
    { ...given, values },
    {
      print: (line) => (said.out += `${line}\n`),
      note: (line) => (said.err += `${line}\n`),
      progress: () => {},
    },
  );
  return { code, ...said };
}

describe('the commands of operators', () => {
  it('show lanes as a table, and as JSON', async () => {
    const { code, out } = await run({ command: 'lanes', options: shown, positionals: [] });
    expect(code).toBe(0);
    expect(out).toMatch(/^3 +nobody +0 +4 +4 +\d+\.\d s +1 +1$/m);
    expect(out).toContain('8 lanes, 0 relays, 4 rows waiting');
    const json = await run({ command: 'lanes', options: { json: true }, positionals: [] });
    expect(JSON.parse(json.out)).toMatchObject({ length: 8, 3: { lane: 3, head: 4, owner: null } });
  });

  it('show parked rows and decide about them', async () => {
    const parked = await run({ command: 'parked', options: { all: false, json: false }, positionals: [] });
    expect(parked.out).toMatch(/^3 +2 +parked .*too large$/m);
    const retried = await run({ command: 'retry', options: decided, positionals: ['3', '2'] });
    expect(retried.out).toMatch(/^3 +2 +retry .*by ada: to see/m);
    expect((await run({ command: 'discard', options: decided, positionals: ['3', '2'] })).out).toContain('discarded');
    const missing = await run({ command: 'discard', options: decided, positionals: ['3', '2'] });
    expect(missing).toEqual({
      code: 1,
      out: '',
      err: 'no row of lane 3 with sequence 2 waits for a decision\n',
    });
    const none = await run({ command: 'parked', options: { all: false, json: false }, positionals: [] });
    expect(none.out).toBe('no row is parked\n');
  });

  it('pause and resume', async () => {
    expect(await run({ command: 'pause', options: decided, positionals: ['lane', '5'] })).toMatchObject({
      code: 0,
      out: 'lane 5 is paused\n',
    });
    expect((await run({ command: 'pauses', options: shown, positionals: [] })).out).toMatch(/^lane +5 +ada +to see/m);
    expect((await run({ command: 'resume', options: decided, positionals: ['lane', '5'] })).out).toBe(
      'lane 5 is resumed\n',
    );
    expect(await run({ command: 'resume', options: decided, positionals: ['lane', '5'] })).toMatchObject({ code: 1 });
    expect(await run({ command: 'pause', options: decided, positionals: ['some'] })).toMatchObject({
      code: 2,
      err: 'SCOPE must be all, lane or ledger\n',
    });
    expect(await run({ command: 'pause', options: decided, positionals: ['lane'] })).toMatchObject({
      code: 2,
      err: 'TARGET must say which lane\n',
    });
    expect(await run({ command: 'resume', options: decided, positionals: ['all'] })).toMatchObject({
      code: 1,
      err: 'there is no pause of all\n',
    });
    expect((await run({ command: 'pauses', options: shown, positionals: [] })).out).toBe('nothing is paused\n');
  });
});
