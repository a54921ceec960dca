import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, Posting, TransactionDraft } from './command.ts';
import type { LedgerView } from './ledger-view.ts';
import { execute } from './execute.ts';
import { contract, create, draft, map, revert, saveOnAccount } from './testing/commands.ts';
import { defaultExecution, MemoryLedger } from './testing/memory-ledger.ts';

const address = fc.constantFrom('world', 'a', 'b', 'c', 'credit:1');
const floors: Readonly<Record<string, bigint>> = { 'credit:1': -50n };
const overdraft = map(contract('credit:*', { $gte: ['$balance', -50] }));

const anyPosting: fc.Arbitrary<Posting> = fc.record({
  source: address,
  destination: address,
  amount: fc.oneof({ weight: 9, arbitrary: fc.bigInt(0n, 60n) }, fc.bigInt(0n, 10n ** 30n)),
  asset: fc.constantFrom('USD', 'EUR/2'),
});
const anyDraft: fc.Arbitrary<TransactionDraft> = fc
  .record({
    postings: fc.array(anyPosting, { minLength: 1, maxLength: 4 }),
    reference: fc.constantFrom('', '', '', 'r1', 'r2', 'r3', 'r4'),
  })
  .map(({ postings, reference }) => draft(postings, { reference }));
const drafts = fc.array(anyDraft, { minLength: 1, maxLength: 4 });

type Step =
  | { readonly do: 'create'; readonly drafts: readonly TransactionDraft[]; readonly preview: boolean }
  | { readonly do: 'revert'; readonly txid: number }
  | { readonly do: 'metadata'; readonly address: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('create' as const), drafts, preview: fc.constantFrom(false, false, true) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revert' as const), txid: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('metadata' as const), address }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 25 });

function commandOf(ledger: LedgerView, taken: Step): Command {
  if (taken.do === 'create') return { ...create(...taken.drafts), preview: taken.preview };
  if (taken.do === 'metadata') return saveOnAccount(taken.address, { seen: true });
  const found = ledger.transaction(taken.txid);
  return revert(found ?? { txid: taken.txid, postings: [], reference: '' });
}

function ledgerWithOverdraft(): MemoryLedger {
  const ledger = new MemoryLedger();
  ledger.run(overdraft);
  return ledger;
}

/** Sum of inputs less sum of outputs, by asset. */
function sums(ledger: MemoryLedger): Record<string, bigint> {
  const found: Record<string, bigint> = {};
  for (const [pair, { input, output }] of ledger.balances) {
    const asset = pair.split(' ')[1] ?? '';
    found[asset] = (found[asset] ?? 0n) + input - output;
  }
  return found;
}

function accountsBelowTheirFloor(ledger: MemoryLedger): string[] {
  const found: string[] = [];
  for (const [pair, { input, output }] of ledger.balances) {
    const account = pair.split(' ')[0] ?? '';
    if (account !== 'world' && input - output < (floors[account] ?? 0n)) found.push(pair);
  }
  return found;
}

test('money is conserved, no account falls below its floor, refusals and previews leave no trace', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const ledger = ledgerWithOverdraft();
      for (const one of taken) {
        const untouched = ledger.snapshot();
        const outcome = ledger.run(commandOf(ledger, one));
        const isTraceless = outcome.kind !== 'accepted' || outcome.effects === undefined;
        expect(isDeepStrictEqual(ledger.snapshot(), untouched)).toBe(isTraceless);
        for (const sum of Object.values(sums(ledger))) expect(sum).toBe(0n);
        expect(accountsBelowTheirFloor(ledger)).toEqual([]);
      }
      const txids = ledger.log.filter(({ type }) => type === 'NEW_TRANSACTION').length;
      expect(ledger.head).toMatchObject({ nextTxid: txids, nextLogId: ledger.log.length });
    }),
  );
});

test('a consumer of COMMITTED_TRANSACTIONS alone rebuilds every balance', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const ledger = ledgerWithOverdraft();
      for (const one of taken) ledger.run(commandOf(ledger, one));
      const rebuilt = new Map<string, bigint>();
      const add = (pair: string, amount: bigint) => rebuilt.set(pair, (rebuilt.get(pair) ?? 0n) + amount);
      for (const { type, body } of ledger.events) {
        if (type !== 'COMMITTED_TRANSACTIONS') continue;
        for (const [, source, destination, amount, asset] of body.matchAll(
          /\{"source":"([^"]+)","destination":"([^"]+)","amount":(\d+),"asset":"([^"]+)"\}/g,
        )) {
          add(`${source} ${asset}`, -BigInt(amount ?? ''));
          add(`${destination} ${asset}`, BigInt(amount ?? ''));
        }
      }
      const balances = [...ledger.balances].map(([pair, { input, output }]) => [pair, input - output] as const);
      expect(rebuilt).toEqual(new Map(balances));
    }),
  );
});

test('a batch does what its transactions do one by one', () => {
  fc.assert(
    fc.property(fc.array(drafts, { maxLength: 3 }), drafts, (before, batch) => {
      const [together, apart] = [ledgerWithOverdraft(), ledgerWithOverdraft()];
      for (const earlier of before) for (const ledger of [together, apart]) ledger.run(create(...earlier));
      const untouched = apart.snapshot();
      const outcome = together.run(create(...batch));
      const refusal = batch.map((one) => apart.run(create(one))).find(({ kind }) => kind === 'refused');
      expect(outcome.kind === 'refused' ? outcome : undefined).toEqual(refusal);
      const { events, log: _rows, ...state } = together.snapshot();
      const { events: _events, log: _lines, ...expected } = refusal === undefined ? apart.snapshot() : untouched;
      expect(state).toEqual(expected);
      expect(events).toHaveLength(untouched.events.length + (refusal === undefined ? 1 : 0));
    }),
  );
});

test('a revert restores every balance', () => {
  fc.assert(
    fc.property(steps, anyDraft, (taken, one) => {
      const ledger = ledgerWithOverdraft();
      for (const earlier of taken) ledger.run(commandOf(ledger, earlier));
      const before = new Map(ledger.balances);
      const { nextTxid } = ledger.head;
      if (ledger.run(create(one)).kind === 'refused') return;
      const original = ledger.transaction(nextTxid);
      if (original === undefined) throw new Error('the transaction is not there');
      // Its reference is the one thing that can be in the way.
      if (ledger.run(revert(original, true)).kind === 'refused') return;
      for (const [pair, { input, output }] of ledger.balances) {
        const earlier = before.get(pair) ?? { input: 0n, output: 0n };
        expect(input - output).toBe(earlier.input - earlier.output);
      }
    }),
  );
});

test('the same view and command give the same outcome', () => {
  fc.assert(
    fc.property(steps, step, (taken, last) => {
      const ledger = ledgerWithOverdraft();
      for (const earlier of taken) ledger.run(commandOf(ledger, earlier));
      const command = commandOf(ledger, last);
      expect(execute(ledger, command, defaultExecution)).toEqual(execute(ledger, command, defaultExecution));
    }),
  );
});
