import type { ExactJson, ExactObject } from '../../packages/stack/src/testing/index.ts';
import { refusalAnswer, scriptEndpointRefusal, scriptRefusalAnswer, type Answer, type Refusal } from './answer.ts';
import {
  contractsJson,
  requestOf,
  type Command,
  type Contract,
  type Draft,
  type Script,
  type ScriptValue,
} from './command.ts';
import { Matching } from './difference.ts';
import { exactText } from './instant.ts';
import { jsonText } from './json-text.ts';
import { placeRefusal, postDrafts, transactionJson, type ModelTransaction, type Scene } from './post-drafts.ts';
import { batchFault, draftFault } from './posting-form.ts';
import { balanceOf, VolumeBook } from './volume-book.ts';

/** A span of milliseconds since 1970, in which something was written. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When a command came. */
export interface Moment extends Span {
  /** What the ledger's clock showed, in nanoseconds since 1970. */
  readonly now: bigint;
}

export interface ModelLog {
  readonly type: 'NEW_TRANSACTION' | 'SET_METADATA';
  /** The JSON that is hashed. */
  readonly data: string;
  /** RFC 3339, where the model knows it to the last digit. */
  readonly date: string | Span;
}

export interface ModelEvent extends Span {
  readonly type: 'COMMITTED_TRANSACTIONS' | 'REVERTED_TRANSACTION' | 'SAVED_METADATA' | 'UPDATED_MAPPING';
  readonly payload: ExactObject;
}

const reverts = 'com.numary.spec/state/reverts';
const reverted = 'com.numary.spec/state/reverted';

/**
 * What one ledger of Formance v1 does, in memory and as plainly as it can be said, written from v1's rules and without any code
 * of the services. It answers commands one after the other and keeps all that can be read back afterwards.
 */
export class LedgerModel {
  readonly name: string;
  readonly transactions: ModelTransaction[] = [];
  /** Metadata by address. */
  readonly accounts = new Map<string, ExactObject>();
  readonly volumes = new VolumeBook();
  readonly logs: ModelLog[] = [];
  readonly events: ModelEvent[] = [];
  /** Undefined until one was set. */
  contracts: readonly Contract[] | undefined;
  readonly #references = new Set<string>();
  readonly #kept = new Map<string, { readonly request: string; readonly answer: Answer }>();

  constructor(name: string) {
    this.name = name;
  }

  get lastTimestamp(): bigint | undefined {
    return this.transactions.at(-1)?.timestamp;
  }

  /** Does what a command asks for, if the rules let it, and says what is to be answered. */
  answer(command: Command, moment: Moment): Answer {
    const { path, body = '' } = requestOf(command);
    const request = `${path} ${body}`;
    const { key } = command;
    const kept = key === undefined ? undefined : this.#kept.get(key);
    if (kept?.request === request) return { ...kept.answer, isReplay: true };
    if (kept !== undefined) {
      const message = new Matching('a text', {
        example: 'a text',
        accepts: (text) => typeof text === 'string' && text !== '',
      });
      return refusalAnswer({ code: 'VALIDATION', message });
    }
    const answer = this.#run(command, moment);
    // What the script endpoint refuses it answers with 200 as well. A preview leaves nothing.
    const isPreview = 'isPreview' in command && command.isPreview;
    if (key !== undefined && answer.status < 300 && !isPreview) this.#kept.set(key, { request, answer });
    return answer;
  }

  #run(command: Command, moment: Moment): Answer {
    switch (command.kind) {
      case 'create': {
        const fault = draftFault(command.draft);
        if (fault !== undefined) return refusalAnswer({ code: 'VALIDATION', message: fault });
        return this.#commit([command.draft], { moment, isPreview: command.isPreview });
      }
      case 'batch': {
        const fault = batchFault(command.drafts);
        if (fault !== undefined) return refusalAnswer({ code: 'VALIDATION', message: fault });
        return this.#commit(command.drafts, { moment, isPreview: false });
      }
      case 'script':
        return this.#runScript(command, moment);
      case 'revert':
        return this.#revert(command, moment);
      case 'save-account': {
        this.#saveAccount(command.address, command.metadata);
        this.#announceMetadata('ACCOUNT', command, moment);
        return { status: 204, body: undefined, isReplay: false };
      }
      case 'save-transaction': {
        if (!this.#saveTransaction(command.txid, command.metadata)) {
          return refusalAnswer({ code: 'NOT_FOUND', message: 'transaction not found' });
        }
        this.#announceMetadata('TRANSACTION', command, moment);
        return { status: 204, body: undefined, isReplay: false };
      }
      case 'map': {
        this.contracts = command.contracts;
        const mapping = { contracts: contractsJson(command.contracts) };
        this.#announce('UPDATED_MAPPING', { mapping }, moment);
        return { status: 200, body: { data: mapping }, isReplay: false };
      }
    }
  }

  #commit(drafts: readonly Draft[], { moment, isPreview }: { moment: Moment; isPreview: boolean }): Answer {
    const posted = postDrafts(drafts, this.#scene, { now: moment.now, disableChecks: false });
    if ('code' in posted) return refusalAnswer(posted);
    if (!isPreview) this.#keep(posted, moment);
    return { status: 200, body: { data: posted.map(transactionJson) }, isReplay: false };
  }

  #runScript(command: Extract<Command, { kind: 'script' }>, moment: Moment): Answer {
    const isOld = command.endpoint === 'script';
    const outcome = this.#scripted(command, moment);
    if ('code' in outcome) return isOld ? scriptEndpointRefusal(outcome) : scriptRefusalAnswer(outcome);
    if (!command.isPreview) {
      this.#keep([outcome], moment);
      const { accountMetadata } = command.script;
      if (accountMetadata !== undefined) {
        const address = accountMetadata.account;
        const metadata = typed(accountMetadata.entries);
        this.#saveAccount(address, metadata);
        this.#announceMetadata('ACCOUNT', { address, metadata }, moment);
      }
    }
    const json = transactionJson(outcome);
    return { status: 200, body: isOld ? { transaction: json } : { data: [json] }, isReplay: false };
  }

  /** Contracts are not asked: a script's source gives what it has, and `world` whatever is wanted. */
  #scripted(command: Extract<Command, { kind: 'script' }>, { now }: Moment): ModelTransaction | Refusal {
    const { particulars, script } = command;
    const misplaced = placeRefusal(particulars, now, this.#scene);
    if (misplaced !== undefined) return misplaced;
    if (!this.#canSend(script)) return { code: 'INSUFFICIENT_FUND', message: 'account had insufficient funds' };
    const { metadata = {} } = particulars;
    if (Object.keys(script.transactionMetadata).some((key) => Object.hasOwn(metadata, key))) {
      return { code: 'METADATA_OVERRIDE', message: 'cannot override metadata from script' };
    }
    const draft = {
      ...particulars,
      postings: [script.send],
      metadata: { ...typed(script.transactionMetadata), ...metadata },
    };
    const posted = postDrafts([draft], this.#scene, { now, disableChecks: true });
    if ('code' in posted) return posted;
    const [transaction] = posted;
    if (transaction === undefined) throw new Error('one draft makes one transaction');
    return transaction;
  }

  #canSend({ send: { source, asset, amount } }: Script): boolean {
    return source === 'world' || balanceOf(this.volumes.at(source, asset)) >= amount;
  }

  #revert({ txid, disableChecks }: Extract<Command, { kind: 'revert' }>, moment: Moment): Answer {
    const original = this.transactions[txid];
    if (original === undefined) {
      return refusalAnswer({ code: 'NOT_FOUND', message: `transaction ${txid} not found` });
    }
    if (Object.hasOwn(original.metadata, reverted)) {
      return refusalAnswer({ code: 'VALIDATION', message: `transaction ${txid} already reverted` });
    }
    const draft: Draft = {
      postings: original.postings
        .map((posting) => ({ ...posting, source: posting.destination, destination: posting.source }))
        .toReversed(),
      reference: original.reference === '' ? '' : `revert_${original.reference}`,
      metadata: { [reverts]: String(txid) },
    };
    const posted = postDrafts([draft], this.#scene, { now: moment.now, disableChecks });
    if ('code' in posted) return refusalAnswer({ ...posted, message: ofRevert(txid, posted.message) });
    const [revert] = posted;
    if (revert === undefined) throw new Error('one draft makes one transaction');
    this.#keep(posted, moment);
    const marker = { [reverted]: { by: String(revert.txid) } };
    this.#saveTransaction(txid, marker);
    this.#logMetadata('TRANSACTION', { txid, metadata: marker }, exactText(revert.timestamp));
    const marked = this.transactions[txid] ?? original;
    this.#announce(
      'REVERTED_TRANSACTION',
      { revertedTransaction: transactionJson(marked), revertTransaction: transactionJson(revert) },
      moment,
    );
    return { status: 200, body: { data: transactionJson(revert) }, isReplay: false };
  }

  get #scene(): Scene {
    return {
      nextTxid: this.transactions.length,
      lastTimestamp: this.lastTimestamp,
      volumes: this.volumes,
      contracts: this.contracts ?? [],
      hasReference: (reference) => this.#references.has(reference),
      metadataOf: (account) => this.accounts.get(account) ?? {},
    };
  }

  /** Keeps transactions of one command, with their logs and the one event of them all. */
  #keep(posted: readonly ModelTransaction[], moment: Moment): void {
    const before = new VolumeBook();
    const after = new VolumeBook();
    for (const transaction of posted) {
      for (const { account, asset, volume } of transaction.before.pairs()) {
        if (!after.of(account).has(asset)) before.set(account, asset, volume);
      }
      for (const { account, asset, volume } of transaction.after.pairs()) {
        after.set(account, asset, volume);
        this.volumes.set(account, asset, volume);
        this.#saveAccount(account, {});
      }
      this.transactions.push(transaction);
      if (transaction.reference !== '') this.#references.add(transaction.reference);
      this.#logTransaction(transaction);
    }
    const volumes = { volumes: after.json, postCommitVolumes: after.json, preCommitVolumes: before.json };
    this.#announce('COMMITTED_TRANSACTIONS', { transactions: posted.map(transactionJson), ...volumes }, moment);
  }

  #saveAccount(address: string, metadata: ExactObject): void {
    this.accounts.set(address, { ...this.accounts.get(address), ...metadata });
  }

  #saveTransaction(txid: number, metadata: ExactObject): boolean {
    const transaction = this.transactions[txid];
    if (transaction === undefined) return false;
    this.transactions[txid] = { ...transaction, metadata: { ...transaction.metadata, ...metadata } };
    return true;
  }

  #logTransaction({ postings, reference, metadata, timestamp, txid }: ModelTransaction): void {
    // Go writes a struct's fields in their order, and only a map's keys sorted.
    const written = postings.map(
      ({ source, destination, amount, asset }) =>
        `{"source":"${source}","destination":"${destination}","amount":${amount},"asset":"${asset}"}`,
    );
    const date = exactText(timestamp);
    const start = `{"postings":[${written.join(',')}],"reference":${jsonText(reference)},"metadata":${jsonText(metadata)}`;
    this.logs.push({ type: 'NEW_TRANSACTION', data: `${start},"timestamp":"${date}","txid":${txid}}`, date });
  }

  #announceMetadata(targetType: 'ACCOUNT' | 'TRANSACTION', target: MetadataTarget, moment: Moment): void {
    this.#logMetadata(targetType, target, moment);
    const targetId = 'address' in target ? target.address : String(target.txid);
    this.#announce('SAVED_METADATA', { targetType, targetId, metadata: target.metadata }, moment);
  }

  #logMetadata(targetType: 'ACCOUNT' | 'TRANSACTION', target: MetadataTarget, date: string | Span): void {
    const targetId = 'address' in target ? `"${target.address}"` : target.txid;
    const data = `{"targetType":"${targetType}","targetId":${targetId},"metadata":${jsonText(target.metadata)}}`;
    this.logs.push({ type: 'SET_METADATA', data, date });
  }

  #announce(type: ModelEvent['type'], payload: ExactObject, { fromMs, toMs }: Moment): void {
    this.events.push({ type, payload: { ledger: this.name, ...payload }, fromMs, toMs });
  }
}

type MetadataTarget = { readonly metadata: ExactObject } & ({ readonly address: string } | { readonly txid: number });

/** Metadata as scripts store it, each value with its type. */
function typed(entries: Readonly<Record<string, ScriptValue>>): ExactObject {
  return Object.fromEntries(
    Object.entries(entries).map(([key, value]): [string, ExactJson] => [
      key,
      { type: typeof value === 'string' ? 'string' : 'number', value },
    ]),
  );
}

function ofRevert(txid: number, message: string | Matching): string | Matching {
  const start = `executing revert script for transaction ${txid}: `;
  if (typeof message === 'string') return start + message;
  return new Matching(`"${start}" and ${message.what}`, {
    example: start + message.example,
    accepts: (text) => typeof text === 'string' && text.startsWith(start) && message.accepts(text.slice(start.length)),
  });
}
