import { expect, it } from 'vitest';
import { BadRow } from './bad-row.ts';
import type { VerifyReport } from './verify-ledger.ts';
import { renderVerifyReport } from './verify-report.ts';

const nothing: VerifyReport['counts'] = {
  logRows: 0,
  transactions: 0,
  moves: 0,
  accounts: 0,
  mappings: 0,
  events: 0,
  outboxRows: 0,
  firstOutboxSequence: null,
};

it('says of a ledger without a log that it is empty', () => {
  expect(renderVerifyReport({ ok: true, ledger: 'main', lastLogId: -1, counts: nothing })).toBe(
    '0 log rows, 0 transactions, 0 moves, 0 accounts, 0 versions of the mapping, 0 events; the outbox still has none.\n' +
      'All is well: ledger main, whose log is empty.',
  );
});

it('says from where on the outbox has its events', () => {
  const counts = { ...nothing, logRows: 1, events: 4, outboxRows: 2, firstOutboxSequence: 3 };
  expect(renderVerifyReport({ ok: true, ledger: 'main', lastLogId: 0, counts })).toMatch(
    /^1 log row, .* 4 events; the outbox still has 2 from sequence 3 on\.\nAll is well: ledger main, up to log id 0\.$/,
  );
});

it('cuts values of a finding that are long', () => {
  const { finding } = new BadRow({ table: 'log', key: { id: 7 }, problem: 'it is long', found: 'x'.repeat(1_001) });
  const shown = renderVerifyReport({ ok: false, ledger: 'main', lastLogId: 9, counts: nothing, finding });
  expect(shown).toBe(
    `log, id 7: it is long\n  found     ${'x'.repeat(1_000)}… (1001 characters)\n\nNot well: ledger main.`,
  );
});
