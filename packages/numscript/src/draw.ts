import { allot } from './allotment.ts';
import { concat, take, takeMax, totalOf, type Funding } from './funding.ts';
import type { RunState } from './run-state.ts';
import type { Source, SourceAccount, SourceAllotment, SourceMax, Span, TopSource, WrittenPortion } from './syntax.ts';

/** What a source gave, and who gives whatever is still missing: an unbounded account, at the end of its list. */
interface Drawn {
  readonly funding: Funding;
  readonly fallback: string | undefined;
}

/**
 * Takes exactly an amount from a source.
 *
 * @throws RunFault INSUFFICIENT_FUND
 */
export function drawExactly(state: RunState, source: TopSource, { asset, amount }: Drawing): Funding {
  if (source.kind === 'allotment') return drawAllotment(state, source, { asset, amount });
  const drawn = draw(state, source, asset);
  if (drawn.fallback !== undefined) return capped(state, drawn, { asset, amount });
  const result = take(drawn.funding, amount);
  if (result === undefined) throw state.insufficient(source.span, { asset, amount, found: totalOf(drawn.funding) });
  state.balances.repay(result.rest, asset);
  return result.taken;
}

interface Drawing {
  readonly asset: string;
  readonly amount: bigint;
}

/** Takes all that a source has, which has no unbounded account. */
export function drawAll(state: RunState, source: Source, asset: string): Funding {
  return draw(state, source, asset).funding;
}

/** Parts of an amount, each from its own source. */
function drawAllotment(state: RunState, { parts, span }: SourceAllotment, { asset, amount }: Drawing): Funding {
  const amounts = allotAmong(
    state,
    parts.map(({ portion }) => portion),
    { amount, span },
  );
  const fundings = parts.map(({ source }, index) =>
    drawExactly(state, source, { asset, amount: amounts[index] ?? 0n }),
  );
  return concat(...fundings);
}

/** @throws RunFault when the portions exceed the whole, which variables may bring about */
export function allotAmong(
  state: RunState,
  portions: readonly WrittenPortion[],
  { amount, span }: { readonly amount: bigint; readonly span: Span },
): readonly bigint[] {
  const parts = allot(
    amount,
    portions.map((portion) => state.portion(portion)),
  );
  if (parts === undefined) throw state.fault(span, 'the sum of portions exceeds 100%');
  return parts;
}

function draw(state: RunState, source: Source, asset: string): Drawn {
  switch (source.kind) {
    case 'account':
      return drawAccount(state, source, asset);
    case 'max':
      return { funding: drawMax(state, source, asset), fallback: undefined };
    case 'in-order': {
      const all = source.sources.map((each) => draw(state, each, asset));
      return { funding: concat(...all.map((drawn) => drawn.funding)), fallback: all.at(-1)?.fallback };
    }
  }
}

function drawAccount(state: RunState, { account, overdraft }: SourceAccount, asset: string): Drawn {
  const address = state.account(account);
  const limit = overdraft?.kind === 'up-to' ? state.amountOf(asset, overdraft.amount) : 0n;
  const amount = state.balances.withdrawAll(address, asset, limit);
  const isWorld = account.kind === 'account' && address === 'world';
  const isUnbounded = isWorld || overdraft?.kind === 'unbounded';
  return {
    // The empty address is nobody: it has nothing, and is not named in a posting.
    funding: address === '' ? [] : [{ account: address, amount }],
    fallback: isUnbounded && address !== '' ? address : undefined,
  };
}

/** At most the cap; v1.10 took more from an unbounded account with a balance. */
function drawMax(state: RunState, { cap, source }: SourceMax, asset: string): Funding {
  const drawn = draw(state, source, asset);
  return capped(state, drawn, { asset, amount: state.capOf(asset, cap) });
}

/** Keeps at most an amount of what was drawn, and has an unbounded account give what is missing. */
function capped(state: RunState, { funding, fallback }: Drawn, { asset, amount }: Drawing): Funding {
  state.step(funding.length);
  const { taken, rest } = takeMax(funding, amount);
  state.balances.repay(rest, asset);
  if (fallback === undefined) return taken;
  const missing = amount - totalOf(taken);
  state.balances.withdrawAlways(fallback, asset, missing);
  return concat(taken, [{ account: fallback, amount: missing }]);
}
