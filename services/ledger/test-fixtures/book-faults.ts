import { integerOf, isJsonArray, isJsonObject, parseJson, writeJson, type Json } from '@daybook/events';
import { chainFault } from './chain-fault.ts';

/** The body of what GET answers. */
type Get = (path: string) => Promise<string>;

/**
 * What is wrong with a ledger's books, as its lists show them: the log chains, txids have no gap, and the balances of all accounts are what
 * the postings in the log come to.
 */
export async function bookFaults(ledger: string, get: Get): Promise<readonly string[]> {
  const [newestLogs, newest, balances] = await Promise.all(
    ['logs', 'transactions', 'balances'].map(async (list) => await readAll(`/${ledger}/${list}`, get)),
  );
  const logs = [...(newestLogs ?? [])].reverse();
  const logged = logs.filter((log) => member(log, 'type') === 'NEW_TRANSACTION').map((log) => member(log, 'data'));
  const listed = [...(newest ?? [])].reverse();
  return [
    chainFault(logs),
    differ('txids in the log', logged.map(txidOf), [...logged.keys()].join()),
    differ('txids listed', listed.map(txidOf), [...logged.keys()].join()),
    differ('balances', (balances ?? []).flatMap(balanceTexts).sort(), foldedBalances(logged).sort().join()),
  ].filter((fault) => fault !== undefined);
}

function differ(what: string, found: readonly string[], wanted: string): string | undefined {
  const seen = found.join();
  return seen === wanted ? undefined : `${what} are ${seen}, not ${wanted}`;
}

async function readAll(path: string, get: Get): Promise<Json[]> {
  const rows: Json[] = [];
  let next: Json | undefined;
  do {
    const query = typeof next === 'string' ? `cursor=${next}` : 'pageSize=1000';
    const cursor = member(parseJson(await get(`${path}?${query}`)), 'cursor');
    const page = member(cursor, 'data');
    if (isJsonArray(page)) rows.push(...page);
    next = member(cursor, 'next');
  } while (next !== null);
  return rows;
}

function member(value: Json, key: string): Json {
  return (isJsonObject(value) ? value[key] : undefined) ?? null;
}

function txidOf(transaction: Json): string {
  return writeJson(member(transaction, 'txid'));
}

/** `ADDRESS ASSET balance` for each balance of a row. */
function balanceTexts(row: Json): string[] {
  if (!isJsonObject(row)) return ['no row'];
  return Object.entries(row).flatMap(([address, balances]) =>
    Object.entries(isJsonObject(balances) ? balances : {}).map(
      ([asset, balance]) => `${writeJson(address)} ${writeJson(asset)} ${integerOf(balance)}`,
    ),
  );
}

function foldedBalances(transactions: readonly Json[]): string[] {
  const balances = new Map<string, bigint>();
  const add = (account: Json, asset: Json, amount: bigint) => {
    const pair = `${writeJson(account)} ${writeJson(asset)}`;
    balances.set(pair, (balances.get(pair) ?? 0n) + amount);
  };
  for (const transaction of transactions) {
    const postings = member(transaction, 'postings');
    for (const posting of isJsonArray(postings) ? postings : []) {
      const amount = integerOf(member(posting, 'amount')) ?? 0n;
      add(member(posting, 'source'), member(posting, 'asset'), -amount);
      add(member(posting, 'destination'), member(posting, 'asset'), amount);
    }
  }
  return [...balances].map(([pair, balance]) => `${pair} ${balance}`);
}
