import { allotAmong } from './draw.ts';
import { concat, take, takeFromEnd, takeMax, totalOf, type Funding } from './funding.ts';
import type { RunState } from './run-state.ts';
import type { Destination, DestinationAllotment, DestinationInOrder, Target } from './syntax.ts';

/**
 * Sends a funding to a destination, as postings. Gives back what was kept, and empty parts that nothing was taken behind
 * (v1.10, compiler/destination.go).
 */
export function deliver(state: RunState, destination: Destination, { asset, funding }: Delivery): Funding {
  state.step(funding.length);
  switch (destination.kind) {
    case 'account':
      return deliverToAccount(state, state.account(destination.account), { asset, funding });
    case 'in-order':
      return deliverInOrder(state, destination, { asset, funding });
    case 'allotment':
      return deliverAllotment(state, destination, { asset, funding });
  }
}

interface Delivery {
  readonly asset: string;
  readonly funding: Funding;
}

function deliverToAccount(state: RunState, destination: string, { asset, funding }: Delivery): Funding {
  const { taken, rest } = exactly(funding, totalOf(funding));
  for (const { account: source, amount } of taken) {
    state.balances.credit(destination, asset, amount);
    state.postings.push({ source, destination, amount, asset });
  }
  return rest;
}

/**
 * Each `max` takes from the front; what it keeps goes back there, and in the end as much is kept of the last parts. What
 * was kept is not there for a later `max`: in v1 it was, and the script then failed for want of funds.
 */
function deliverInOrder(
  state: RunState,
  { parts, remaining }: DestinationInOrder,
  { asset, funding }: Delivery,
): Funding {
  let pool = funding;
  let available = totalOf(funding);
  let kept = 0n;
  for (const { cap, target } of parts) {
    const limit = state.capOf(asset, cap);
    state.step(pool.length);
    const { taken, rest } = takeMax(pool, kept > 0n && available < limit ? available : limit);
    available -= totalOf(taken);
    const returned = reach(state, target, { asset, funding: taken });
    kept += totalOf(returned);
    pool = concat(returned, rest);
  }
  const end = takeFromEnd(pool, kept);
  return concat(reach(state, remaining, { asset, funding: end.rest }), end.taken);
}

/** Each share is taken from the front, and what is kept of it goes back there: in the end, the last parts are kept. */
function deliverAllotment(
  state: RunState,
  { parts, span }: DestinationAllotment,
  { asset, funding }: Delivery,
): Funding {
  const amounts = allotAmong(
    state,
    parts.map(({ portion }) => portion),
    { amount: totalOf(funding), span },
  );
  let pool = funding;
  for (const [index, { target }] of parts.entries()) {
    state.step(pool.length);
    const { taken, rest } = exactly(pool, amounts[index] ?? 0n);
    pool = concat(reach(state, target, { asset, funding: taken }), rest);
  }
  return pool;
}

function reach(state: RunState, target: Target, delivery: Delivery): Funding {
  return target.kind === 'kept' ? delivery.funding : deliver(state, target, delivery);
}

function exactly(funding: Funding, amount: bigint) {
  const result = take(funding, amount);
  if (result === undefined) throw new Error('a funding holds less than its parts');
  return result;
}
