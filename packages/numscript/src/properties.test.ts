import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { bind, compile, describeErrors, needs, printScript, run } from './index.ts';
import { flowsOf, mergeFlows, sentOf } from './testing/money-model.ts';
import { programOf } from './testing/program-of.ts';
import { randomScript, type RandomScript, type RandomSource, type RandomTopSource } from './testing/random-script.ts';
import { writeScript, type WrittenScript } from './testing/write-script.ts';

// A second each, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const runs = { numRuns: 1_000 };

/** Whether values are literals, variables or sums, in turn. */
const choices = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });

function compiled({ text, vars }: WrittenScript) {
  const compilation = compile(text);
  if (compilation.kind === 'errors') throw new Error(`${text}\n${describeErrors(text, compilation.errors)}`);
  const bound = bind(compilation.program, vars);
  if (bound.kind === 'refused') throw new Error(`${text}\n${bound.message}`);
  return { program: compilation.program, variables: bound.variables };
}

type Posting = Extract<ReturnType<typeof run>, { kind: 'done' }>['postings'][number];

function runOf(script: RandomScript, written: WrittenScript) {
  const { program, variables } = compiled(written);
  return run(program, variables, {
    balance: (account, asset) => script.balances[`${account} ${asset}`] ?? 0n,
    metadata: () => ({}),
  });
}

function lineOf({ source, destination, amount, asset }: Posting): string {
  return `${source} -> ${destination} ${amount} ${asset}`;
}

test('money goes where the language says, and is refused when it is not there', () => {
  fc.assert(
    fc.property(randomScript, choices, (script, chosen) => {
      const outcome = runOf(script, writeScript(script, chosen));
      const found = outcome.kind === 'refused' ? outcome.code : mergeFlows(outcome.postings.map(lineOf));
      expect(found).toEqual(flowsOf(script) ?? 'INSUFFICIENT_FUND');
    }),
    runs,
  );
});

test('each send of an amount sends all of it but what is kept', () => {
  fc.assert(
    fc.property(randomScript, choices, (script, chosen) => {
      const exact = { ...script, sends: script.sends.filter(({ amount }) => amount !== 'all') };
      if (exact.sends.length === 0) return;
      const outcome = runOf(exact, writeScript(exact, chosen));
      if (outcome.kind === 'refused') return;
      const sent = new Map<string, bigint>();
      for (const { amount, asset } of outcome.postings) sent.set(asset, (sent.get(asset) ?? 0n) + amount);
      for (const [asset, amount] of sentOf(exact)) expect(sent.get(asset) ?? 0n).toBe(amount);
      expect([...sent.keys()].filter((asset) => !sentOf(exact).has(asset))).toEqual([]);
    }),
    runs,
  );
});

test('no account goes below zero, its debts before, or the overdraft that is stated for it', () => {
  fc.assert(
    fc.property(randomScript, choices, (script, chosen) => {
      const outcome = runOf(script, writeScript(script, chosen));
      if (outcome.kind === 'refused') return;
      const { unbounded, limits } = overdraftsOf(script);
      const balances = new Map(Object.entries(script.balances));
      for (const { source, destination, amount, asset } of outcome.postings) {
        expect(amount).toBeGreaterThanOrEqual(0n);
        const [from, to] = [`${source} ${asset}`, `${destination} ${asset}`];
        balances.set(from, (balances.get(from) ?? 0n) - amount);
        balances.set(to, (balances.get(to) ?? 0n) + amount);
        if (unbounded.has(source)) continue;
        const floor = [0n, script.balances[from] ?? 0n, -(limits.get(source) ?? 0n)].reduce((a, b) => (a < b ? a : b));
        expect(balances.get(from)).toBeGreaterThanOrEqual(floor);
      }
    }),
    runs,
  );
});

test('the shares of an allotment add up, and each is its portion rounded down or one unit more', () => {
  const denominator = fc.bigInt(1n, 10n ** 39n);
  const shares = fc.array(fc.bigInt(0n, 10n ** 38n), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 40n), shares, denominator, fc.boolean(), (amount, parts, more, remains) => {
      // With `remaining` there is a part at least for it; without, the portions are the whole.
      const whole = parts.reduce((sum, part) => sum + part, remains || parts.every((part) => part === 0n) ? more : 0n);
      const last = whole - parts.reduce((sum, part) => sum + part, 0n);
      const all = last === 0n ? parts : [...parts, last];
      const lines = all.map((part, index) => {
        const portion = remains && index === all.length - 1 ? 'remaining' : `${part}/${whole}`;
        return `${portion} to @d${index}`;
      });
      const text = `send [COIN ${amount}] (\nsource = @world\ndestination = {\n${lines.join('\n')}\n}\n)`;
      const { program, variables } = compiled({ text, vars: {} });
      const outcome = run(program, variables, { balance: () => 0n, metadata: () => ({}) });
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      const given = new Map(outcome.postings.map((posting) => [posting.destination, posting.amount]));
      expect([...given.values()].reduce((sum, share) => sum + share, 0n)).toBe(amount);
      for (const [index, part] of all.entries()) {
        const floor = (amount * part) / whole;
        expect([floor, floor + 1n]).toContain(given.get(`d${index}`) ?? 0n);
      }
    }),
    runs,
  );
});

test('the same script over the same balances gives the same', () => {
  fc.assert(
    fc.property(randomScript, choices, (script, chosen) => {
      const written = writeScript(script, chosen);
      expect(runOf(script, written)).toEqual(runOf(script, written));
      const { program, variables } = compiled(written);
      const once = { balance: () => 50n, metadata: () => ({}) };
      expect(run(program, variables, once)).toEqual(run(program, variables, once));
    }),
    runs,
  );
});

test('a run asks and posts for no account and asset that was not named before', () => {
  fc.assert(
    fc.property(randomScript, choices, (script, chosen) => {
      const { program, variables } = compiled(writeScript(script, chosen));
      const pairs = new Set(needs(program, variables, () => ({})).pairs.map((pair) => pair.join(' ')));
      const outcome = run(program, variables, {
        balance(account, asset) {
          expect(pairs).toContain(`${account} ${asset}`);
          return script.balances[`${account} ${asset}`] ?? 0n;
        },
        metadata: () => ({}),
      });
      if (outcome.kind === 'refused') return;
      for (const { source, destination, asset } of outcome.postings) {
        expect(pairs).toContain(`${source} ${asset}`);
        expect(pairs).toContain(`${destination} ${asset}`);
      }
    }),
    runs,
  );
});

test('a program that is printed and compiled again is the same', () => {
  fc.assert(
    fc.property(randomScript, choices, fc.array(line, { maxLength: 6 }), (script, chosen, lines) => {
      const { text } = writeScript(script, chosen);
      const declared = text.startsWith('vars') ? text.replace('vars {', `vars {\n${declarations}`) : `${vars}${text}`;
      const source = [declared, ...lines].join('\n');
      const compilation = compile(source);
      if (compilation.kind === 'errors') throw new Error(`${source}\n${describeErrors(source, compilation.errors)}`);
      const printed = printScript(compilation.program);
      expect(programOf(printed)).toEqual(programOf(source));
      const again = compile(printed);
      expect(again.kind === 'program' && printScript(again.program)).toBe(printed);
    }),
    runs,
  );
});

const declarations = [
  'account $of = meta(@a:1, "k-1 _")',
  'monetary $had = balance($of, COIN)',
  'asset $coin',
  'number $n',
  'string $s',
  'monetary $bal = balance(@24, $coin)',
].join('\n');
const vars = `vars {\n${declarations}\n}\n`;

/** A statement that sends nothing. */
const line: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('print ', 'set_tx_meta("k", ', 'set_account_meta($of, "", ', 'fail'),
    fc.oneof(
      fc.constantFrom('@world', '@0:a_', 'COIN', 'F9/3', '"a b-C_9"', '""', '$of', '$s', '$n', '$coin', '[$coin 7]'),
      fc.constantFrom('0%', '100%', '12.50%', '3/ 4', '6 /8', '0/5', '5/5', '33.333%', '$had', '$bal + $had'),
      fc.bigInt(0n, 10n ** 60n).map(String),
      fc
        .array(fc.tuple(fc.constantFrom('+', '-'), fc.constantFrom('$n', '007', '0', '12')))
        .map((terms) => ['1', ...terms.flat()].join(' ')),
      fc
        .array(fc.tuple(fc.constantFrom('+', '-'), fc.constantFrom('$had', '[$coin 3]', '[COIN 4]')))
        .map((terms) => ['[COIN 01]', ...terms.flat()].join(' ')),
    ),
  )
  .map(([before, value]) => {
    if (before === 'fail') return before;
    return `${before}${value}${before.includes('(') ? ')' : ''}`;
  });

/** Accounts that may go below any floor, and how far the others may. */
function overdraftsOf({ sends }: RandomScript) {
  const unbounded = new Set(['world']);
  const limits = new Map<string, bigint>();
  const visit = (source: RandomTopSource | RandomSource): void => {
    switch (source.kind) {
      case 'account':
        if (source.overdraft === 'unbounded') unbounded.add(source.account);
        else if (source.overdraft !== undefined) {
          const limit = limits.get(source.account) ?? 0n;
          limits.set(source.account, source.overdraft > limit ? source.overdraft : limit);
        }
        return;
      case 'max':
        visit(source.of);
        return;
      case 'list':
        source.of.forEach(visit);
        return;
      case 'shares':
        for (const { of } of source.shares) visit(of);
    }
  };
  for (const { source } of sends) visit(source);
  return { unbounded, limits };
}
