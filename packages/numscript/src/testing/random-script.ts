import * as fc from 'fast-check';

/** A script to be run over balances, before it is written down. */
export interface RandomScript {
  readonly sends: readonly RandomSend[];
  readonly balances: Readonly<Record<string, bigint>>;
}

export interface RandomSend {
  readonly asset: string;
  readonly amount: bigint | 'all';
  readonly source: RandomTopSource;
  readonly destination: RandomDestination;
}

export type RandomTopSource =
  | RandomSource
  | { readonly kind: 'shares'; readonly shares: readonly (RandomPortion & { readonly of: RandomSource })[] };

export type RandomSource =
  | { readonly kind: 'account'; readonly account: string; readonly overdraft: bigint | 'unbounded' | undefined }
  | { readonly kind: 'max'; readonly cap: bigint; readonly of: RandomSource }
  | { readonly kind: 'list'; readonly of: readonly RandomSource[] };

export type RandomDestination =
  | { readonly kind: 'account'; readonly account: string }
  | {
      readonly kind: 'order';
      readonly caps: readonly { readonly cap: bigint; readonly to: RandomTarget }[];
      readonly remaining: RandomTarget;
    }
  | { readonly kind: 'shares'; readonly shares: readonly (RandomPortion & { readonly to: RandomTarget })[] };

export type RandomTarget = { readonly kind: 'kept' } | RandomDestination;

/** So many parts of the whole, which has as many as all shares together. */
interface RandomPortion {
  readonly parts: bigint;
  readonly isRemaining: boolean;
}

const holders = ['a', 'b', 'c', 'd:1'];
const assets = ['COIN', 'EUR/2'];
const depthMax = 3;

const cap = fc.oneof({ weight: 5, arbitrary: fc.bigInt(0n, 60n) }, { weight: 1, arbitrary: fc.constant(10n ** 20n) });
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(0n, 70n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 10n ** 40n) },
);

const parts = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(0n, 9n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 10n ** 20n) },
);

const overdraft = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.bigInt(0n, 30n) },
  { weight: 1, arbitrary: fc.constant('unbounded' as const) },
);

const accountSource: fc.Arbitrary<RandomSource> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('account' as const), account: fc.constantFrom(...holders), overdraft }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'account' as const, account: 'world', overdraft: undefined }) },
);

const { source } = fc.letrec<{ source: RandomSource }>((tie) => ({
  source: fc.oneof(
    { maxDepth: depthMax },
    accountSource,
    fc.record({ kind: fc.constant('max' as const), cap, of: tie('source') }),
    fc.array(tie('source'), { minLength: 1, maxLength: 4 }).map(listOf),
  ),
}));

const { destination } = fc.letrec<{ target: RandomTarget; destination: RandomDestination }>((tie) => ({
  target: fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: 'kept' as const }) },
    { weight: 5, arbitrary: tie('destination') },
  ),
  destination: fc.oneof(
    { maxDepth: depthMax },
    fc.record({
      kind: fc.constant('account' as const),
      account: fc.constantFrom(...holders, 'x', 'y', 'z', 'world'),
    }),
    fc.record({
      kind: fc.constant('order' as const),
      caps: fc.array(fc.record({ cap, to: tie('target') }), { minLength: 1, maxLength: 3 }),
      remaining: tie('target'),
    }),
    fc.record({ kind: fc.constant('shares' as const), shares: sharesOf(tie('target').map((to) => ({ to }))) }),
  ),
}));

const send: fc.Arbitrary<RandomSend> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      asset: fc.constantFrom(...assets),
      amount,
      source: fc.oneof(
        { weight: 3, arbitrary: source },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant('shares' as const),
            shares: sharesOf(source.map((of) => ({ of }))),
          }),
        },
      ),
      destination,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      asset: fc.constantFrom(...assets),
      amount: fc.constant('all' as const),
      source: source.map((of) => (isUnbounded(of) ? { kind: 'max' as const, cap: 25n, of } : of)),
      destination,
    }),
  },
);

/** Well-formed scripts of several sends, over balances of which some are debts. */
export const randomScript: fc.Arbitrary<RandomScript> = fc.record({
  sends: fc.array(send, { minLength: 1, maxLength: 4 }),
  balances: fc.record(
    Object.fromEntries(
      holders.flatMap((holder) => assets.map((asset) => [`${holder} ${asset}`, fc.bigInt(-20n, 120n)])),
    ),
  ),
});

/** Of a whole; where one remains it has a part at least, as the language demands. */
function sharesOf<Of extends object>(of: fc.Arbitrary<Of>): fc.Arbitrary<(RandomPortion & Of)[]> {
  return fc
    .record({
      shares: fc.array(fc.tuple(parts, of), { minLength: 1, maxLength: 4 }),
      remaining: fc.option(fc.nat(3), { nil: undefined }),
    })
    .map(({ shares, remaining }) =>
      shares.map(([some, rest], index) => {
        const isRemaining = remaining !== undefined && index === remaining % shares.length;
        // Not all of nothing.
        return { ...rest, isRemaining, parts: isRemaining || index === 0 ? some + 1n : some };
      }),
    );
}

/** A list in which no account is emptied twice, and nothing is behind an unbounded source. */
function listOf(sources: readonly RandomSource[]): RandomSource {
  const emptied = new Set<string>();
  const bounded: RandomSource[] = [];
  const unbounded: RandomSource[] = [];
  for (const each of sources) {
    const accounts = emptiedBy(each);
    if (accounts.some((account) => emptied.has(account))) continue;
    for (const account of accounts) emptied.add(account);
    (isUnbounded(each) ? unbounded : bounded).push(each);
  }
  return { kind: 'list', of: [...bounded, ...unbounded.slice(0, 1)] };
}

function emptiedBy(of: RandomSource): string[] {
  switch (of.kind) {
    case 'account':
      return [of.account];
    case 'max':
      return [];
    case 'list':
      return of.of.flatMap(emptiedBy);
  }
}

function isUnbounded(of: RandomSource): boolean {
  switch (of.kind) {
    case 'account':
      return of.account === 'world' || of.overdraft === 'unbounded';
    case 'max':
      return false;
    case 'list':
      return of.of.some(isUnbounded);
  }
}
