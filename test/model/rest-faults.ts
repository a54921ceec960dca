import type { ExactObject } from '../../packages/stack/src/testing/index.ts';
import { contractsJson } from './command.ts';
import { difference } from './difference.ts';
import type { LedgerApi } from './ledger-api.ts';
import type { LedgerModel } from './ledger-model.ts';
import { listFault, readRows, type List } from './list-faults.ts';
import { logFault } from './log-faults.ts';
import { transactionJson } from './post-drafts.ts';
import { balanceOf, volumesJson, type Volume } from './volume-book.ts';

/** How many reads are under way at once. */
const readersMax = 8;

/** What REST answers otherwise than the model; undefined when it agrees in everything that can be read of the ledger. */
export async function restFault(api: LedgerApi, model: LedgerModel): Promise<string | undefined> {
  const checks = [
    async () => logsFault(api, model),
    ...listsOf(model).map((list) => async () => listFault(api, list)),
    ...readsOf(model).map(
      ({ path, body }) =>
        async () =>
          readFault(api, path, body),
    ),
  ];
  const faults: string[] = [];
  await Promise.all(
    Array.from({ length: readersMax }, async () => {
      for (let check = checks.shift(); check !== undefined; check = checks.shift()) {
        const fault = await check();
        if (fault !== undefined) faults.push(fault);
      }
    }),
  );
  faults.sort();
  return faults.length === 0 ? undefined : `${faults.length} reads of ${model.name} differ, for instance ${faults[0]}`;
}

export async function accountFault(api: LedgerApi, model: LedgerModel, address: string): Promise<string | undefined> {
  return readFault(api, `accounts/${address}`, { data: accountJson(model, address) });
}

export async function statsFault(api: LedgerApi, model: LedgerModel): Promise<string | undefined> {
  return readFault(api, 'stats', statsJson(model));
}

async function logsFault(api: LedgerApi, { logs }: LedgerModel): Promise<string | undefined> {
  const list = { path: 'logs?', pageSize: 200, isCounted: false };
  const rows = await readRows(api, list);
  return logFault(rows, logs) ?? listFault(api, { ...list, rows });
}

/** How the answer of a read differs from 200 with this body; undefined when it does not. */
async function readFault(api: LedgerApi, path: string, body: ExactObject): Promise<string | undefined> {
  const fault = difference({ status: 200, body }, await api.read(path));
  return fault === undefined ? undefined : `GET ${path}: ${fault}`;
}

function statsJson({ transactions, accounts }: LedgerModel): ExactObject {
  return { data: { transactions: BigInt(transactions.length), accounts: BigInt(accounts.size) } };
}

function accountJson({ accounts, volumes }: LedgerModel, address: string): ExactObject {
  const ofAccount = volumes.of(address);
  return {
    address,
    metadata: accounts.get(address) ?? {},
    volumes: volumesJson(ofAccount),
    balances: balancesJson(ofAccount),
  };
}

function balancesJson(volumes: ReadonlyMap<string, Volume>): ExactObject {
  return Object.fromEntries([...volumes].map(([asset, volume]) => [asset, balanceOf(volume)]));
}

/** Everything of a ledger that is read alone, with what it should be. */
export function readsOf(model: LedgerModel): { readonly path: string; readonly body: ExactObject }[] {
  const totals = new Map<string, bigint>();
  for (const { asset, volume } of model.volumes.pairs()) {
    totals.set(asset, (totals.get(asset) ?? 0n) + balanceOf(volume));
  }
  const { contracts } = model;
  return [
    { path: 'stats', body: statsJson(model) },
    { path: 'mapping', body: { data: { contracts: contracts === undefined ? null : contractsJson(contracts) } } },
    { path: 'aggregate/balances', body: { data: Object.fromEntries(totals) } },
    ...[...model.accounts.keys(), 'nobody'].map((address) => ({
      path: `accounts/${address}`,
      body: { data: accountJson(model, address) },
    })),
    ...model.transactions.map((transaction) => ({
      path: `transactions/${transaction.txid}`,
      body: { data: transactionJson(transaction) },
    })),
  ];
}

/** Its lists, but for the log. */
export function listsOf(model: LedgerModel): List[] {
  const { accounts, volumes } = model;
  const transactions = model.transactions.toReversed();
  const addresses = [...accounts.keys()].sort().toReversed();
  return [
    { path: 'transactions?', pageSize: 100, rows: transactions.map(transactionJson), isCounted: true },
    ...addresses.map((account) => ({
      path: `transactions?account=${account}&`,
      pageSize: 1_000,
      rows: transactions
        .filter(({ postings }) => postings.some((p) => p.source === account || p.destination === account))
        .map(transactionJson),
      isCounted: true,
    })),
    {
      path: 'accounts?',
      pageSize: 3,
      rows: addresses.map((address) => ({ address, metadata: accounts.get(address) ?? {} })),
      isCounted: true,
    },
    {
      path: 'balances?',
      pageSize: 4,
      rows: volumes.accounts.toReversed().map((account) => ({ [account]: balancesJson(volumes.of(account)) })),
      isCounted: false,
    },
  ];
}
