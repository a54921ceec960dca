import type { ExactObject } from '../../packages/stack/src/testing/index.ts';
import { contractsJson } from './command.ts';
import type { LedgerModel } from './ledger-model.ts';
import { listFault, readRows, type List } from './list-faults.ts';
import { logFault } from './log-faults.ts';
import { transactionJson } from './post-drafts.ts';
import { readFault } from './read-faults.ts';
import { balanceOf, volumesJson, type Volume } from './volume-book.ts';

/** How many reads are under way at once. */
const readersMax = 8;

/** What REST answers otherwise than the model; undefined when it agrees in everything that can be read of the ledger. */
export async function restFault(url: string, model: LedgerModel): Promise<string | undefined> {
  const ledgerUrl = `${url}/${model.name}`;
  const checks = [
    async () => logFault(await readRows(ledgerUrl, { path: 'logs?', pageSize: 200 }), model.logs),
    ...listsOf(model).map((list) => async () => listFault(ledgerUrl, list)),
    ...readsOf(model).map(
      ({ path, body }) =>
        async () =>
          readFault(`${ledgerUrl}/${path}`, body),
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
  return faults.length === 0 ? undefined : `${faults.length} reads of ${model.name} differ, for instance ${faults[0]}`;
}

export async function accountFault(url: string, model: LedgerModel, address: string): Promise<string | undefined> {
  return readFault(`${url}/${model.name}/accounts/${address}`, { data: accountJson(model, address) });
}

export async function statsFault(url: string, model: LedgerModel): Promise<string | undefined> {
  return readFault(`${url}/${model.name}/stats`, statsJson(model));
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

function readsOf(model: LedgerModel): { readonly path: string; readonly body: ExactObject }[] {
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

function listsOf(model: LedgerModel): List[] {
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
