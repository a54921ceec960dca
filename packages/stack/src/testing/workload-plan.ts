import type { ReportedWrite, WriteKind } from './auditor-writes.ts';
import { routes, routesMetadata } from './workload-metadata-scripts.ts';
import type { Random } from './workload-random.ts';
import { planScript } from './workload-script-plan.ts';
import type { ScriptScene } from './workload-script.ts';

/** A write as it is to be sent, with what the auditor is to hold it to. */
export interface PlannedWrite extends Pick<ReportedWrite, 'overdrafts' | 'script'> {
  kind: WriteKind;
  ledger: string;
  method: 'POST' | 'PUT';
  path: string;
  body: string | undefined;
  /** See `ReportedWrite`. */
  mark: string | undefined;
  /** Undefined for a preview: there is nothing to be found again. */
  idempotencyKey: string | undefined;
  isPreview: boolean;
}

/** What a workload knows of a ledger from answers. */
export interface KnownLedger {
  name: string;
  /** Transactions that no write has reverted. */
  txids: number[];
  /** Transactions that were reverted. */
  reverted: number[];
}

const assets = ['EUR/2', 'USD/2', 'JPY', 'GEM'];
/** Of which accounts get little and give much back, so that they run short of it. Of the others they soon have plenty. */
const scarce = 'HOUR';
const userCount = 8;
const batchSizeMax = 10;
/** So few that most of them are soon taken, and so many that clients still race for the others. */
const referenceCount = 300;
/** The account to which a mapping gives an overdraft, and how much of it at most. */
const mapped = { account: 'users:1', most: 200 };

type Plan = (ledger: KnownLedger, name: string, random: Random) => PlannedWrite;

const plans: readonly { readonly weight: number; readonly kind: WriteKind; readonly plan: Plan }[] = [
  { weight: 40, kind: 'transaction', plan: planFunding },
  { weight: 20, kind: 'transaction', plan: planTransfer },
  { weight: 4, kind: 'transaction', plan: planTakenReference },
  { weight: 2, kind: 'transaction', plan: planPreview },
  { weight: 14, kind: 'batch', plan: planBatch },
  { weight: 30, kind: 'script', plan: planScripted },
  { weight: 8, kind: 'account-metadata', plan: planAccountMetadata },
  { weight: 5, kind: 'transaction-metadata', plan: planTransactionMetadata },
  { weight: 2, kind: 'mapping', plan: planMapping },
  { weight: 5, kind: 'revert', plan: planRevert },
];

export interface PlanOptions {
  /** Tells this write from all others. */
  name: string;
  /** What may be planned. */
  kinds: readonly WriteKind[];
  random: Random;
}

/** Plans the next write: of all kinds that may be, some of which the rules will refuse. */
export function planWrite(ledger: KnownLedger, { name, kinds, random }: PlanOptions): PlannedWrite {
  const possible = plans.filter(({ kind }) => kinds.includes(kind));
  return random.pickWeighted(possible).plan(ledger, name, random);
}

function reference(random: Random): string {
  return `taken:${random.between(1, referenceCount)}`;
}

function user(random: Random): string {
  return `users:${random.between(1, userCount)}`;
}

function posting(random: Random, source: string): string {
  if (random.chance(0.2)) {
    const amount = random.between(0, source === 'world' ? 10 : 300);
    return `{"source":"${source}","destination":"${user(random)}","amount":${amount},"asset":"${scarce}"}`;
  }
  // Now and then an amount far beyond 64 bits.
  const amount = random.chance(0.05) ? `${random.between(1, 9)}${'7'.repeat(29)}` : String(random.between(0, 500));
  return `{"source":"${source}","destination":"${user(random)}","amount":${amount},"asset":"${random.pick(assets)}"}`;
}

function transaction(name: string, postings: readonly string[], more = ''): string {
  return `{"postings":[${postings.join(',')}],"metadata":{"mark":"${name}"}${more}}`;
}

function write(
  kind: WriteKind,
  { ledger, name }: { ledger: KnownLedger; name: string },
  { path, body }: { path: string; body: string },
): PlannedWrite {
  return {
    kind,
    ledger: ledger.name,
    method: kind === 'mapping' ? 'PUT' : 'POST',
    path: `/${ledger.name}/${path}`,
    body,
    mark: name,
    idempotencyKey: name,
    isPreview: false,
    // Mappings hold for postings, whoever reverts them included; scripts have what they say themselves.
    ...(kind !== 'script' && { overdrafts: [mapped] }),
  };
}

function planFunding(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const postings = Array.from({ length: random.between(1, 3) }, () => posting(random, 'world'));
  return write('transaction', { ledger, name }, { path: 'transactions', body: transaction(name, postings) });
}

/** Refused when the source has too little. */
function planTransfer(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const postings = [posting(random, user(random))];
  return write('transaction', { ledger, name }, { path: 'transactions', body: transaction(name, postings) });
}

/** Refused but for the first under its reference. */
function planTakenReference(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const body = transaction(name, [posting(random, 'world')], `,"reference":"${reference(random)}"`);
  return write('transaction', { ledger, name }, { path: 'transactions', body });
}

/** Refused as a whole when one of them is. */
function planBatch(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const transactions = Array.from({ length: random.between(2, batchSizeMax) }, () =>
    transaction(name, [posting(random, random.chance(0.95) ? 'world' : user(random))]),
  );
  const body = `{"transactions":[${transactions.join(',')}]}`;
  return write('batch', { ledger, name }, { path: 'transactions/batch', body });
}

/** By either endpoint, now and then only to see what it would do, or under a reference that is taken. */
function planScripted(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const { plain, vars, overdrafts, traces } = planScript(sceneOf(name, random));
  const isOld = random.chance(0.5);
  const isPreview = random.chance(0.05);
  const values = Object.entries(vars).map(([variable, value]) => `"${variable}":${value}`);
  const source = `"plain":${JSON.stringify(plain)},"vars":{${values.join(',')}}`;
  const more = `"metadata":{"mark":"${name}"}${random.chance(0.03) ? `,"reference":"${reference(random)}"` : ''}`;
  const planned = write(
    'script',
    { ledger, name },
    {
      path: `${isOld ? 'script' : 'transactions'}${isPreview ? '?preview=true' : ''}`,
      body: isOld ? `{${source},${more}}` : `{"script":{${source}},${more}}`,
    },
  );
  return { ...planned, overdrafts, script: traces, isPreview, ...(isPreview && { idempotencyKey: undefined }) };
}

function sceneOf(name: string, random: Random): ScriptScene {
  return { name, assets, scarce, user, random };
}

function planAccountMetadata(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  if (random.chance(0.3)) {
    const path = `accounts/${routes.account}/metadata`;
    return write('account-metadata', { ledger, name }, { path, body: routesMetadata(sceneOf(name, random)) });
  }
  const path = `accounts/${user(random)}/metadata`;
  return write(
    'account-metadata',
    { ledger, name },
    { path, body: `{"mark":"${name}","level":${random.between(0, 9)}}` },
  );
}

function planTransactionMetadata(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  // Txid 0 may not be there yet: then it is refused.
  const txid = random.pick([0, ...ledger.txids]);
  const path = `transactions/${txid}/metadata`;
  return write('transaction-metadata', { ledger, name }, { path, body: `{"mark":"${name}","seen":true}` });
}

function planMapping(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const limit = -random.between(0, mapped.most);
  const contract = `{"name":"${name}","account":"${mapped.account}","expr":{"$gte":["$balance",${limit}]}}`;
  return write('mapping', { ledger, name }, { path: 'mapping', body: `{"contracts":[${contract}]}` });
}

/** Mostly of a transaction that nobody else reverts, now and then of one that was reverted, which is refused. */
function planRevert(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const isAgain = ledger.reverted.length > 0 && random.chance(0.3);
  const txid = isAgain ? random.pick(ledger.reverted) : takeOne(ledger.txids, random);
  if (txid === undefined) {
    return planFunding(ledger, name, random);
  }
  return {
    ...write('revert', { ledger, name }, { path: `transactions/${txid}/revert`, body: '' }),
    body: undefined,
    mark: isAgain ? undefined : `reverts ${txid}`,
  };
}

function takeOne(txids: number[], random: Random): number | undefined {
  return txids.length === 0 ? undefined : txids.splice(random.between(0, txids.length - 1), 1)[0];
}

function planPreview(ledger: KnownLedger, name: string, random: Random): PlannedWrite {
  const planned = planFunding(ledger, name, random);
  return { ...planned, path: `${planned.path}?preview=true`, idempotencyKey: undefined, isPreview: true };
}
