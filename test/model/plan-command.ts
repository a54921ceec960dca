import type { ExactJson, ExactObject, Random } from '../../packages/stack/src/testing/index.ts';
import type { Command, Condition, Contract, Draft, Particulars, Posting, ScriptValue } from './command.ts';
import { fromMs, truncateToSecond } from './instant.ts';
import type { LedgerModel } from './ledger-model.ts';

/**
 * Which timestamps come. A ledger lives through all three, in this order, so that what its clock decides can be foretold:
 * first clients give growing ones of the past, then the ledger's clock counts, then they give those of a far future, and what comes
 * without one is refused.
 */
export type Era = 'past' | 'now' | 'future';

export interface PlanOptions {
  readonly random: Random;
  readonly era: Era;
  /** Commands that had a key. */
  readonly keyed: readonly Command[];
  /** Tells this command from all others. */
  readonly name: string;
}

/** What a command is planned from. */
interface Scene extends PlanOptions {
  readonly model: LedgerModel;
}

const assets = ['EUR/2', 'USD', 'GEM'];
/** Of which there is always enough, in amounts far beyond 64 bits. */
const abundant = 'BIG/18';
const users = ['users:1', 'users:2', 'users:3', 'users:4', 'bank', 'shop:1:till', 'credit:1', 'credit:2'];
const batchSizeMax = 4;
const nanosecondsOfSecond = 1_000_000_000;
const firstInstant = { past: fromMs(Date.UTC(2023, 0, 1)), future: fromMs(Date.UTC(2999, 0, 1)) };

const plans: readonly { readonly weight: number; readonly plan: (scene: Scene) => Command }[] = [
  { weight: 18, plan: (scene) => create(scene, fundings(scene)) },
  { weight: 30, plan: (scene) => create(scene, transfers(scene)) },
  { weight: 12, plan: planBatch },
  { weight: 16, plan: planScript },
  { weight: 12, plan: planRevert },
  { weight: 8, plan: planAccountMetadata },
  { weight: 6, plan: planTransactionMetadata },
  { weight: 4, plan: planMapping },
  { weight: 3, plan: (scene) => create(scene, [malformedPosting(scene)]) },
];

/** Plans the next command for a ledger, which may be one that the rules refuse, or an earlier one again. */
export function planCommand(model: LedgerModel, options: PlanOptions): Command {
  const { random, keyed, name } = options;
  if (keyed.length > 0 && random.chance(0.08)) return random.pick(keyed);
  const command = random.pickWeighted(plans).plan({ ...options, model });
  const usedKey = keyed.length > 0 && random.chance(0.03) ? random.pick(keyed).key : undefined;
  const key = usedKey ?? (random.chance(0.4) ? name : undefined);
  return key === undefined ? command : { ...command, key };
}

function create(scene: Scene, postings: readonly Posting[]): Command {
  return { kind: 'create', draft: { postings, ...particulars(scene) }, isPreview: scene.random.chance(0.1) };
}

function planBatch(scene: Scene): Command {
  const { random } = scene;
  const drafts: Draft[] = [];
  for (let count = random.between(1, batchSizeMax); count > 0; count -= 1) {
    const postings = random.chance(0.7) ? fundings(scene) : transfers(scene);
    drafts.push({ postings, ...particulars(scene, drafts.at(-1)) });
  }
  return { kind: 'batch', drafts };
}

function planScript(scene: Scene): Command {
  const { random } = scene;
  const [send = malformedPosting(scene)] = random.chance(0.5) ? fundings(scene) : transfers(scene);
  const accountMetadata = { account: random.pick(users), entries: { tier: random.pick(['gold', 'none']), level: 7n } };
  return {
    kind: 'script',
    script: {
      // A script that sends nothing is another matter.
      send: { ...send, amount: send.amount + 1n },
      transactionMetadata: random.chance(0.3) ? { note: scriptValue(random) } : {},
      ...(random.chance(0.3) && { accountMetadata }),
    },
    particulars: particulars(scene),
    endpoint: random.pick(['transactions', 'script']),
    isPreview: random.chance(0.1),
  };
}

function scriptValue(random: Random): ScriptValue {
  return random.chance(0.5) ? `note ${random.between(0, 9)}` : BigInt(random.between(0, 1_000));
}

/** The ledger's clock counts for a revert, so there is none before it does. */
function planRevert(scene: Scene): Command {
  const { random, model, era } = scene;
  if (era === 'past') return planTransactionMetadata(scene);
  return { kind: 'revert', txid: someTxid(random, model), disableChecks: random.chance(0.2) };
}

function planAccountMetadata({ random }: Scene): Command {
  const address = random.chance(0.8) ? random.pick(users) : `noted:${random.between(1, 5)}`;
  return { kind: 'save-account', address, metadata: someMetadata(random) };
}

function planTransactionMetadata({ random, model }: Scene): Command {
  return { kind: 'save-transaction', txid: someTxid(random, model), metadata: someMetadata(random) };
}

/** The next txid is not there yet. */
function someTxid(random: Random, model: LedgerModel): number {
  const next = model.transactions.length;
  return random.chance(0.7) ? random.between(Math.max(0, next - 20), next) : random.between(0, next);
}

function planMapping({ random }: Scene): Command {
  const contracts = Array.from({ length: random.between(0, 2) }, (_, index): Contract => {
    const account = random.pick(['credit:*', 'users:1', 'u*:2', 'bank', 'till']);
    return { name: `contract ${index}`, account, condition: someCondition(random, 2) };
  });
  return { kind: 'map', contracts };
}

function someCondition(random: Random, depthMax: number): Condition {
  const overdraft: Condition = { compare: '$gte', left: '$balance', right: BigInt(-random.between(0, 500)) };
  if (depthMax === 0 || random.chance(0.5)) return overdraft;
  const isGold: Condition = { compare: '$eq', left: { meta: 'tier' }, right: { constant: 'gold' } };
  const isLevel: Condition = { compare: '$eq', left: { meta: 'level' }, right: 7n };
  const isAbove: Condition = { compare: '$lt', left: BigInt(-random.between(0, 200)), right: '$balance' };
  const parts = [random.pick([isGold, isLevel, isAbove]), someCondition(random, depthMax - 1)];
  return random.chance(0.5) ? { all: parts } : { any: parts };
}

function fundings({ random }: Scene): Posting[] {
  return Array.from({ length: random.between(1, 2) }, () => somePosting(random, 'world'));
}

/** Now and then along a chain, so that who has nothing before the transaction may pay within it. */
function transfers({ random }: Scene): Posting[] {
  const postings = [somePosting(random)];
  while (random.chance(0.3)) {
    const before = postings.at(-1) ?? somePosting(random);
    const next = { ...before, source: before.destination, destination: random.pick([...users, 'world']) };
    postings.push(next);
  }
  return random.chance(0.3) ? postings.toReversed() : postings;
}

/** Accounts pay more than they get from `world`, so that they run short. */
function somePosting(random: Random, source = random.pick(users)): Posting {
  const destination = random.pick(users);
  if (random.chance(0.05)) {
    return { source, destination, amount: 10n ** 40n + BigInt(random.between(0, 9)), asset: abundant };
  }
  const amount = BigInt(random.between(0, source === 'world' ? 150 : 200));
  return { source, destination, amount, asset: random.pick(assets) };
}

function malformedPosting({ random }: Scene): Posting {
  const posting = somePosting(random, 'world');
  return random.pick([
    { ...posting, amount: -1n },
    { ...posting, source: 'no-body' },
    { ...posting, destination: 'users:' },
    { ...posting, asset: 'usd' },
  ]);
}

/** @param before the draft in front of this one in a batch */
function particulars({ random, model, era }: Scene, before?: Draft): Particulars {
  const timestamp = someTimestamp(random, era, before === undefined ? model.lastTimestamp : before.timestamp?.instant);
  return {
    ...(random.chance(0.25) && { reference: `order ${random.between(1, 400)}` }),
    ...(random.chance(0.5) && { metadata: someMetadata(random) }),
    ...(timestamp !== undefined && {
      timestamp: { instant: timestamp, minutesAhead: random.pick([0, 0, 120, 330]) },
    }),
  };
}

/** @param last that of the transaction before, where the client can know it */
function someTimestamp(random: Random, era: Era, last: bigint | undefined): bigint | undefined {
  if (era === 'now') {
    if (last === undefined || random.chance(0.8)) return undefined;
    return random.chance(0.5) ? last : last - BigInt(nanosecondsOfSecond);
  }
  if (era === 'future' && random.chance(0.3)) return undefined;
  const from = last !== undefined && last > firstInstant[era] ? last : firstInstant[era];
  if (random.chance(0.1)) return from - BigInt(random.between(1, 60)) * BigInt(nanosecondsOfSecond);
  if (random.chance(0.1)) return from;
  if (random.chance(0.5)) return truncateToSecond(from) + BigInt(random.between(1, 60) * nanosecondsOfSecond);
  return from + BigInt(random.between(1, nanosecondsOfSecond / 1_000)) * 1_000n;
}

const someValues: readonly ExactJson[] = [
  null,
  true,
  'gold',
  'a < b & c > "d"',
  'für 10 €',
  7n,
  -3n,
  0.25,
  12_345_678_901_234_567_890n,
  ['list', 1n, { of: null }],
  { deep: { deeper: [false] } },
  {},
];

function someMetadata(random: Random): ExactObject {
  const keys = ['tier', 'level', 'note', 'z', 'a.b', 'com.numary.spec/state/other'];
  return Object.fromEntries(
    Array.from({ length: random.between(0, 3) }, () => [random.pick(keys), random.pick(someValues)]),
  );
}
