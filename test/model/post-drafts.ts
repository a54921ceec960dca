import type { ExactObject } from '../../packages/stack/src/testing/index.ts';
import type { Refusal } from './answer.ts';
import { postingsJson, type Contract, type Draft, type Particulars, type Posting } from './command.ts';
import { allows } from './contract.ts';
import { Matching } from './difference.ts';
import { secondText, truncateToMicrosecond, truncateToSecond } from './instant.ts';
import { balanceOf, VolumeBook } from './volume-book.ts';

/** A transaction as the model keeps it. */
export interface ModelTransaction {
  readonly txid: number;
  readonly postings: readonly Posting[];
  readonly reference: string;
  readonly metadata: ExactObject;
  /** In nanoseconds since 1970. */
  readonly timestamp: bigint;
  /** Of the pairs that it touched. */
  readonly before: VolumeBook;
  readonly after: VolumeBook;
}

/** What a ledger is when transactions come to it. */
export interface Scene {
  readonly nextTxid: number;
  readonly lastTimestamp: bigint | undefined;
  readonly volumes: VolumeBook;
  readonly contracts: readonly Contract[];
  readonly hasReference: (reference: string) => boolean;
  readonly metadataOf: (account: string) => ExactObject;
}

/** A transaction as answers and events show it. */
export function transactionJson(transaction: ModelTransaction): ExactObject {
  const { txid, postings, reference, metadata, timestamp, before, after } = transaction;
  return {
    postings: postingsJson(postings),
    reference,
    metadata,
    txid: BigInt(txid),
    preCommitVolumes: before.json,
    postCommitVolumes: after.json,
    timestamp: secondText(timestamp),
  };
}

/** Whether a transaction may come now, under this reference. */
export function placeRefusal(
  { reference = '', timestamp }: Particulars,
  now: bigint,
  { lastTimestamp, hasReference }: Pick<Scene, 'lastTimestamp' | 'hasReference'>,
): Refusal | undefined {
  const instant = timestamp?.instant ?? truncateToSecond(now);
  if (lastTimestamp !== undefined && truncateToMicrosecond(instant) < truncateToMicrosecond(lastTimestamp)) {
    const start = 'cannot pass a timestamp prior to the last transaction: ';
    const accepts = (text: unknown) => typeof text === 'string' && text.startsWith(start);
    return {
      code: 'VALIDATION',
      message: new Matching(`a text that begins with "${start}"`, { example: start, accepts }),
    };
  }
  if (reference !== '' && hasReference(reference)) return { code: 'CONFLICT', message: 'conflict error on reference' };
  return undefined;
}

/** Posts drafts one after the other, each upon those before it, all or none. Nothing of the scene is changed. */
export function postDrafts(
  drafts: readonly Draft[],
  scene: Scene,
  { now, disableChecks }: { readonly now: bigint; readonly disableChecks: boolean },
): readonly ModelTransaction[] | Refusal {
  const posted: ModelTransaction[] = [];
  let { lastTimestamp, volumes } = scene;
  for (const [index, draft] of drafts.entries()) {
    const isTaken = (reference: string) =>
      scene.hasReference(reference) || posted.some((other) => other.reference === reference);
    const misplaced = placeRefusal(draft, now, { lastTimestamp, hasReference: isTaken });
    if (misplaced !== undefined) return misplaced;
    const after = new VolumeBook(volumes);
    for (const posting of draft.postings) after.post(posting);
    const before = new VolumeBook();
    for (const { account, asset } of after.pairs()) before.set(account, asset, volumes.at(account, asset));
    const refusal = disableChecks ? undefined : fundsRefusal(before, after, scene);
    if (refusal !== undefined) return refusal;
    lastTimestamp = draft.timestamp?.instant ?? truncateToSecond(now);
    volumes = after;
    posted.push({
      txid: scene.nextTxid + index,
      postings: draft.postings,
      reference: draft.reference ?? '',
      metadata: draft.metadata ?? {},
      timestamp: lastTimestamp,
      before,
      after,
    });
  }
  return posted;
}

/** The balances that matter are those after the whole transaction, of pairs that it leaves with less. */
function fundsRefusal(before: VolumeBook, after: VolumeBook, scene: Scene): Refusal | undefined {
  const short: string[] = [];
  for (const { account, asset, volume } of after.pairs()) {
    const balance = balanceOf(volume);
    const isLess = balance < balanceOf(before.at(account, asset));
    if (account === 'world' || !isLess) continue;
    if (!allows(scene.contracts, { account, balance, metadata: scene.metadataOf(account) })) {
      short.push(`balance.insufficient.${asset}`);
    }
  }
  const isOneOfThem = (text: unknown) => typeof text === 'string' && short.includes(text);
  const [only] = short;
  if (only === undefined) return undefined;
  // v1 says which one by the order of a map.
  const message =
    new Set(short).size === 1 ? only : new Matching(short.join(' or '), { example: only, accepts: isOneOfThem });
  return { code: 'INSUFFICIENT_FUND', message };
}
