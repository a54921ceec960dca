import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutboxDatabase } from '../packages/outbox/src/testing/outbox-database.ts';
import { Backlog } from './backlog.ts';
import { seedOutbox } from './seed-outbox.ts';

interface Row {
  readonly lane: number;
  readonly seq: number;
  readonly ledger: string;
  readonly eventSequence: number;
  readonly key: string;
  readonly body: string;
}

// In the order in which they lie.
const rowsSql = `select lane, seq, ledger, event_sequence as "eventSequence", key, body from outbox order by ctid`;

let database: OutboxDatabase;

beforeEach(async () => {
  database = await OutboxDatabase.create();
  // Its one partition lies where those of days belong.
  await database.pool.query('drop table outbox_test');
});

afterEach(async () => database.drop());

test.each([64, 1])('an outbox of %i lanes is filled with the rows of the backlog, in their order', async (lanes) => {
  const backlog = new Backlog({ rows: 16_000, lanes });
  await seedOutbox(database.pool, backlog, () => {});
  const { rows } = await database.pool.query<Row>(rowsSql);
  const last = new Map<number, number>();
  const expected: Row[] = [];
  for (const slice of backlog.slices()) {
    for (const { ledger, eventSequence, body } of slice.rows) {
      const seq = (last.get(slice.lane) ?? 0) + 1;
      last.set(slice.lane, seq);
      expected.push({ lane: slice.lane, seq, ledger, eventSequence, key: ledger, body });
    }
  }
  expect(rows).toEqual(expected);
});
