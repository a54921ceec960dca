import { auditBalances, type BalanceChange } from './auditor-balances.ts';
import { arrayAt, integerAt, objectAt, textAt, type ExactJson, type ExactObject } from './auditor-event.ts';
import type { Findings } from './auditor-findings.ts';
import { groupBy, placeOf, type FirstAppearance } from './auditor-history.ts';
import type { ReportedWrite, WriteOf } from './auditor-writes.ts';

/** Totals that went into and out of one account in one asset. */
export interface AccountVolumes {
  ledger: string;
  account: string;
  asset: string;
  input: bigint;
  output: bigint;
}

interface Totals {
  input: bigint;
  output: bigint;
}

/** By account, then asset. */
type Volumes = Map<string, Map<string, Totals>>;

/**
 * Rebuilds every balance from COMMITTED_TRANSACTIONS alone, and checks on the way that txids have no gap, that each
 * event shows the volumes after it, and that each transaction leaves balances that its write may leave. (Postings
 * conserve money by their form; what can fail to are given balances.)
 *
 * @param firsts the first appearances of a ledger's events by sequence
 * @param writeOf undefined where nobody says what writes were allowed to do
 */
export function auditMoney(
  firsts: readonly FirstAppearance[],
  writeOf: WriteOf | undefined,
  findings: Findings,
): AccountVolumes[] {
  const commits = firsts.filter((first) => first.type === 'COMMITTED_TRANSACTIONS');
  return [...groupBy(commits, (first) => first.ledger)].flatMap(([ledger, ofLedger]) => {
    return listVolumes(ledger, foldLedger(ofLedger, writeOf, findings));
  });
}

/** Checks that given balances conserve money, and are those rebuilt; one that is absent counts as zero. */
export function compareVolumes(
  rebuilt: { what: string; volumes: readonly AccountVolumes[] },
  given: readonly AccountVolumes[],
  findings: Findings,
): void {
  for (const [name, rows] of groupBy(given, ({ ledger, asset }) => `${ledger} ${asset}`)) {
    const input = rows.reduce((sum, row) => sum + row.input, 0n);
    const output = rows.reduce((sum, row) => sum + row.output, 0n);
    if (input !== output) {
      findings.add('unbalanced', `${name}: ${input} in, ${output} out`);
    }
  }
  const keyOf = ({ ledger, account, asset }: AccountVolumes) => `${ledger} ${account} ${asset}`;
  const textOf = (row: AccountVolumes | undefined) => `${row?.input ?? 0n} in, ${row?.output ?? 0n} out`;
  const byKey = new Map(rebuilt.volumes.map((row) => [keyOf(row), row]));
  const givenByKey = new Map(given.map((row) => [keyOf(row), row]));
  for (const key of new Set([...byKey.keys(), ...givenByKey.keys()])) {
    const [ours, theirs] = [textOf(byKey.get(key)), textOf(givenByKey.get(key))];
    if (ours !== theirs) {
      findings.add('wrong-balance', `${key}: ${ours} by ${rebuilt.what}, ${theirs} given`);
    }
  }
}

function foldLedger(commits: readonly FirstAppearance[], writeOf: WriteOf | undefined, findings: Findings): Volumes {
  const volumes: Volumes = new Map();
  let nextTxid = 0n;
  for (const commit of commits) {
    const { payload, record, ledger } = commit;
    try {
      for (const value of arrayAt(payload['transactions'], 'transactions')) {
        const transaction = objectAt(value, 'transaction');
        const txid = integerAt(transaction['txid'], 'txid');
        if (txid !== nextTxid) {
          findings.add('txid-gap', `${ledger} has txid ${txid} where ${nextTxid} was next`);
        }
        nextTxid = txid + 1n;
        const write = writeOf?.(ledger, transaction);
        const changes = applyTransaction(volumes, transaction, write);
        if (writeOf !== undefined) {
          auditBalances(changes, { write, place: placeOf(record) }, findings);
        }
      }
      auditShownVolumes(commit, volumes, findings);
    } catch (error) {
      findings.add('malformed', `${placeOf(record)}: ${String(error)}`);
    }
  }
  return volumes;
}

/** Applies a transaction; tells what it does to those that it takes from, and to the account that its script is to empty. */
function applyTransaction(
  volumes: Volumes,
  transaction: ExactObject,
  write: ReportedWrite | undefined,
): BalanceChange[] {
  const postings = arrayAt(transaction['postings'], 'postings');
  const pairs = new Map<string, { account: string; asset: string }>();
  for (const value of postings) {
    const { source, asset } = objectAt(value, 'posting');
    const pair = { account: textAt(source, 'source'), asset: textAt(asset, 'asset') };
    pairs.set(`${pair.account} ${pair.asset}`, pair);
  }
  const emptied = write?.script?.empties;
  if (emptied !== undefined) {
    pairs.set(`${emptied.account} ${emptied.asset}`, emptied);
  }
  const changing = [...pairs.values()].map((pair) => ({ ...pair, before: balanceOf(volumes, pair) }));
  for (const posting of postings) {
    applyPosting(volumes, posting);
  }
  return changing.map((change) => ({ ...change, after: balanceOf(volumes, change) }));
}

function balanceOf(volumes: Volumes, { account, asset }: { account: string; asset: string }): bigint {
  const { input, output } = volumes.get(account)?.get(asset) ?? { input: 0n, output: 0n };
  return input - output;
}

function applyPosting(volumes: Volumes, value: ExactJson): void {
  const posting = objectAt(value, 'posting');
  const amount = integerAt(posting['amount'], 'amount');
  const asset = textAt(posting['asset'], 'asset');
  totalsOf(volumes, textAt(posting['source'], 'source'), asset).output += amount;
  totalsOf(volumes, textAt(posting['destination'], 'destination'), asset).input += amount;
}

function totalsOf(volumes: Volumes, account: string, asset: string): Totals {
  const ofAccount = volumes.get(account) ?? new Map<string, Totals>();
  volumes.set(account, ofAccount);
  const totals = ofAccount.get(asset) ?? { input: 0n, output: 0n };
  ofAccount.set(asset, totals);
  return totals;
}

function auditShownVolumes({ payload, record }: FirstAppearance, volumes: Volumes, findings: Findings): void {
  const touched = new Set<string>();
  for (const value of arrayAt(payload['transactions'], 'transactions')) {
    for (const posting of arrayAt(objectAt(value, 'transaction')['postings'], 'postings')) {
      const { source, destination, asset } = objectAt(posting, 'posting');
      touched.add(JSON.stringify([source, asset])).add(JSON.stringify([destination, asset]));
    }
  }
  for (const [account, ofAccount] of Object.entries(objectAt(payload['volumes'], 'volumes'))) {
    for (const [asset, value] of Object.entries(objectAt(ofAccount, 'volumes'))) {
      const shown = objectAt(value, 'volume');
      const totals = totalsOf(volumes, account, asset);
      touched.delete(JSON.stringify([account, asset]));
      const [input, output] = [integerAt(shown['input'], 'input'), integerAt(shown['output'], 'output')];
      if (input !== totals.input || output !== totals.output) {
        findings.add(
          'wrong-volumes',
          `${account} ${asset} is ${input} in, ${output} out where it should be ` +
            `${totals.input} in, ${totals.output} out at ${placeOf(record)}`,
        );
      }
    }
  }
  for (const pair of touched) {
    findings.add('wrong-volumes', `${pair} is not shown at ${placeOf(record)}`);
  }
}

function listVolumes(ledger: string, volumes: Volumes): AccountVolumes[] {
  return [...volumes].flatMap(([account, ofAccount]) =>
    [...ofAccount].map(([asset, totals]) => Object.assign({ ledger, account, asset }, totals)),
  );
}
