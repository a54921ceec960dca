import type { Pool } from '@daybook/postgres';
import type { TransactionFilter } from './transaction-filter.ts';

export const sides = ['source', 'destination', 'account'] as const;

/** An account that a filter names, and on which side of its transactions it is asked for. */
export interface NamedSide {
  readonly address: string;
  readonly isSource: boolean;
  readonly isDestination: boolean;
  /** Whether it has so many transactions there that reading them all is to be avoided; false where that was not asked. */
  readonly isBusy: boolean;
}

/** From how many moves on an account counts as busy. */
const busyMoves = 1_000;

/** How many moves an account ($2) has as source ($3) and as destination ($4), up to a number each ($5), by the indexes of `move`. */
export const probeSideSql = `select count(*) as moves
from (
  (select from move where ledger = $1 and account = $2 and is_source and $3::boolean limit $5)
  union all
  (select from move where ledger = $1 and account = $2 and is_destination and $4::boolean limit $5)
) as probed`;

/**
 * The account by which a filter's transactions are best found: of several that it names the one with the fewest. Undefined where it names
 * none.
 *
 * @param asks whether to ask how busy it is also where there is no choice
 */
export async function rarestSide(
  pool: Pool,
  ledger: number,
  { filter, asks }: { readonly filter: TransactionFilter; readonly asks: boolean },
): Promise<NamedSide | undefined> {
  const named = sides.flatMap((side) => {
    const address = filter[side]?.address;
    if (address === undefined) return [];
    return [{ address, isSource: side !== 'destination', isDestination: side !== 'source' }];
  });
  const [first, ...others] = named;
  if (first === undefined) return undefined;
  if (others.length === 0 && !asks) return { ...first, isBusy: false };
  const probed = await Promise.all(
    named.map(async (side) => {
      const values = [ledger, side.address, side.isSource, side.isDestination, busyMoves];
      const { rows } = await pool.query<{ moves: number }>({ name: 'probe-side', text: probeSideSql, values });
      return { ...side, moves: rows[0]?.moves ?? 0 };
    }),
  );
  const { moves, ...rarest } = probed.reduce((best, side) => (side.moves < best.moves ? side : best));
  return { ...rarest, isBusy: moves >= busyMoves };
}
