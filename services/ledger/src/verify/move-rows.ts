import type { Snapshot } from '@daybook/postgres';
import type { Volumes } from '../command/ledger-view.ts';

/** What a transaction touched. */
export interface MoveKey {
  readonly txid: number;
  readonly account: string;
  readonly asset: string;
}

export interface StoredMove {
  /** What the row holds; undefined where it is missing. */
  readonly row: (Volumes & { readonly isSource: boolean; readonly isDestination: boolean }) | undefined;
  /** Those of the pair's row before; zero where there is none. */
  readonly before: Volumes;
}

// Two index steps for each key.
const readMovesSql = `
select own.input as "inputAfter", own.output as "outputAfter", own.is_source as "isSource",
  own.is_destination as "isDestination",
  coalesce(previous.input, 0) as "inputBefore", coalesce(previous.output, 0) as "outputBefore"
from unnest($2::bigint[], $3::text[], $4::text[]) with ordinality as k (txid, account, asset, n)
left join lateral (
  select input, output, is_source, is_destination from move
  where ledger = $1 and account = k.account and asset = k.asset and txid = k.txid limit 1
) own on true
left join lateral (
  select input, output from move
  where ledger = $1 and account = k.account and asset = k.asset and txid < k.txid order by txid desc limit 1
) previous on true
order by k.n`;

interface MoveRow {
  readonly inputAfter: string | null;
  readonly outputAfter: string | null;
  readonly isSource: boolean | null;
  readonly isDestination: boolean | null;
  readonly inputBefore: string;
  readonly outputBefore: string;
}

/** The rows of moves with what was before each, in the order of the keys. */
export async function readMoves(
  snapshot: Snapshot,
  ledger: number,
  keys: readonly MoveKey[],
): Promise<readonly StoredMove[]> {
  const { rows } = await snapshot.query<MoveRow>(readMovesSql, [
    ledger,
    keys.map(({ txid }) => txid),
    keys.map(({ account }) => account),
    keys.map(({ asset }) => asset),
  ]);
  return rows.map(({ inputAfter, outputAfter, inputBefore, outputBefore, isSource, isDestination }) => ({
    row:
      inputAfter === null || outputAfter === null || isSource === null || isDestination === null
        ? undefined
        : { input: BigInt(inputAfter), output: BigInt(outputAfter), isSource, isDestination },
    before: { input: BigInt(inputBefore), output: BigInt(outputBefore) },
  }));
}

const countMovesSql = `select count(*) as moves from move where ledger = $1`;

export async function countMoves(snapshot: Snapshot, ledger: number): Promise<number> {
  return (await snapshot.query<{ moves: number }>(countMovesSql, [ledger])).rows[0]?.moves ?? 0;
}

// Runs only where something is wrong: it asks for the transaction of every move of the pair, or of the ledger.
const findUnexplainedMoveSql = `
select m.txid, m.account, m.asset
from move m
where m.ledger = $1 and ($2::text is null or (m.account = $2 and m.asset = $3 and m.txid < $4))
  and not exists (
    select from transaction t cross join lateral json_array_elements(t.postings) p
    where t.ledger = m.ledger and t.txid = m.txid
      and p ->> 'asset' = m.asset and m.account in (p ->> 'source', p ->> 'destination')
  )
order by m.account, m.asset, m.txid
limit 1`;

/** The first move, of all or of a pair before a transaction, whose transaction did not touch its pair. */
export async function findUnexplainedMove(
  snapshot: Snapshot,
  ledger: number,
  before?: MoveKey,
): Promise<MoveKey | undefined> {
  const values = [ledger, before?.account ?? null, before?.asset ?? null, before?.txid ?? null];
  return (await snapshot.query<MoveKey>(findUnexplainedMoveSql, values)).rows[0];
}
