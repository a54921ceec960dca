import { randomUUID } from 'node:crypto';
import type { Event, TraceContext } from '@daybook/events';
import { chainLog } from '../command/hash-chain.ts';
import type { IdempotencyKey } from '../command/command.ts';
import type { Instant } from '../command/instant.ts';
import type { CommittedTransaction, LedgerHead, LedgerView, Volumes } from '../command/ledger-view.ts';
import { writeContracts, type Mapping } from '../command/mapping.ts';
import type { Metadata } from '../command/metadata.ts';
import type { Answer, Effects } from '../command/outcome.ts';
import type { BatchWrites } from './batch-writes.ts';
import { RecentMap } from './recent-map.ts';

/** What is stored of a request that an idempotency key was used for. */
export interface IdempotencyRecord {
  readonly requestHash: string;
  readonly answer: Answer;
}

/** What the log, the mapping and the last transaction tell of a ledger. */
export interface LoadedHead {
  readonly head: LedgerHead;
  readonly mapping: Mapping;
}

const noVolumes: Volumes = { input: 0n, output: 0n };
const noMetadata: Metadata = {};
const noMapping: Mapping = { contracts: null };

const emptyHead: LedgerHead = {
  nextTxid: 0,
  lastTimestamp: undefined,
  nextLogId: 0,
  lastLog: undefined,
  lastEventSequence: 0,
  mappingVersion: 0,
};

/** The most pairs that one ledger remembers, half of them at least since they were last touched. */
const volumesMax = 4_000;

/**
 * One ledger as a lane's batches see it. Head, mapping and volumes stay right from batch to batch as long as nobody else
 * writes the lane. The rest is kept for the batch after it, which may be decided before it is committed: until then the
 * database does not know what it wrote. Asking for what was not loaded is a defect and throws: an answer made up here
 * would become money.
 */
export class LedgerState implements LedgerView {
  readonly ledger: string;
  #id: number | undefined;
  /** A ledger that the database does not have: `written` once a batch was to make it. */
  #creation: 'made' | 'new' | 'written' = 'made';
  /** The batch that last touched it. */
  #batch = 0;
  #head: LedgerHead | undefined;
  #mapping: Mapping = noMapping;
  #mappingReadsMetadata = false;
  /** By account and asset; undefined where the database has no row. */
  readonly #volumes = new RecentMap<string, Volumes | undefined>();

  readonly #references = new RecentMap<string, boolean>();
  readonly #accounts = new RecentMap<string, Metadata>();
  readonly #transactions = new RecentMap<number, CommittedTransaction | undefined>();
  readonly #idempotency = new RecentMap<string, IdempotencyRecord | undefined>();

  constructor(ledger: string, id: number | undefined) {
    this.ledger = ledger;
    this.#id = id;
  }

  get id(): number | undefined {
    return this.#id;
  }

  get isLoaded(): boolean {
    return this.#head !== undefined;
  }

  /** Whether the database has nothing of it, so that nothing needs to be loaded. */
  get isUnmade(): boolean {
    return this.#creation !== 'made';
  }

  /** Whether it is known by an id alone that no batch has used. */
  get isUnused(): boolean {
    return this.#creation === 'new';
  }

  get batch(): number {
    return this.#batch;
  }

  get head(): LedgerHead {
    if (this.#head === undefined) throw new Error(`the head of ledger ${this.ledger} was not loaded`);
    return this.#head;
  }

  get mapping(): Mapping {
    return this.#mapping;
  }

  get mappingReadsMetadata(): boolean {
    return this.#mappingReadsMetadata;
  }

  /** What is remembered, in pairs; a thousand characters of the last log row count as one. */
  get size(): number {
    return this.#volumes.size + Math.floor((this.#head?.lastLog?.length ?? 0) / 1_000);
  }

  volumes(account: string, asset: string): Volumes {
    const key = pairKey(account, asset);
    const volumes = this.#volumes.get(key);
    if (volumes === undefined && !this.knowsVolumes(account, asset)) throw this.#notLoaded(`volumes of ${key}`);
    return volumes ?? noVolumes;
  }

  accountMetadata(address: string): Metadata {
    const metadata = this.#accounts.get(address);
    if (metadata === undefined && !this.isUnmade) throw this.#notLoaded(`metadata of account ${address}`);
    return metadata ?? noMetadata;
  }

  /** Undefined where it is not loaded. */
  metadataIfKnown(address: string): Metadata | undefined {
    return this.knowsAccount(address) ? this.accountMetadata(address) : undefined;
  }

  hasReference(reference: string): boolean {
    const taken = this.#references.get(reference);
    if (taken === undefined && !this.isUnmade) throw this.#notLoaded(`reference ${reference}`);
    return taken ?? false;
  }

  transaction(txid: number): CommittedTransaction | undefined {
    const found = this.#transactions.get(txid);
    if (found === undefined && !this.isUnmade && !this.#transactions.has(txid)) {
      throw this.#notLoaded(`transaction ${txid}`);
    }
    return found;
  }

  idempotencyRecord(key: string): IdempotencyRecord | undefined {
    if (!this.knowsIdempotency(key)) throw this.#notLoaded('an idempotency key');
    return this.#idempotency.get(key);
  }

  knowsVolumes(account: string, asset: string): boolean {
    return this.isUnmade || this.#volumes.has(pairKey(account, asset));
  }

  knowsAccount(address: string): boolean {
    return this.isUnmade || this.#accounts.has(address);
  }

  knowsReference(reference: string): boolean {
    return this.isUnmade || this.#references.has(reference);
  }

  /** One that was not there, and has been made since, must be loaded. */
  knowsTransaction(txid: number): boolean {
    if (this.isUnmade || this.#transactions.get(txid) !== undefined) return true;
    return this.#transactions.has(txid) && txid >= (this.#head?.nextTxid ?? 0);
  }

  knowsIdempotency(key: string): boolean {
    return this.isUnmade || this.#idempotency.has(key);
  }

  loadHead(id: number, loaded: LoadedHead): void {
    this.#id = id;
    this.#head = loaded.head;
    this.#setMapping(loaded.mapping);
  }

  /** The ledger does not exist yet; with this id it will, once a command of the batch is accepted. */
  loadNew(id: number): void {
    this.#id = id;
    this.#creation = 'new';
    this.#head = emptyHead;
  }

  /** The ledger exists from now on; what it has no row of must be asked for again. */
  made(): void {
    this.#creation = 'made';
  }

  loadVolumes(account: string, asset: string, volumes: Volumes | undefined): void {
    this.#volumes.set(pairKey(account, asset), volumes);
  }

  loadAccount(address: string, metadata: Metadata | undefined): void {
    this.#accounts.set(address, metadata ?? noMetadata);
  }

  loadReference(reference: string, taken: boolean): void {
    this.#references.set(reference, taken);
  }

  loadTransaction(txid: number, transaction: CommittedTransaction | undefined): void {
    this.#transactions.set(txid, transaction);
  }

  loadIdempotency(key: string, record: IdempotencyRecord | undefined): void {
    this.#idempotency.set(key, record);
  }

  /** To be called when a batch first touches it. The batch before the last is committed by then: what only it brought is forgotten. */
  beginBatch(batch: number): void {
    const batches = Math.min(2, batch - this.#batch);
    this.#batch = batch;
    for (let turns = 0; turns < batches; turns += 1) {
      this.#references.turn();
      this.#accounts.turn();
      this.#transactions.turn();
      this.#idempotency.turn();
    }
    if (this.#volumes.youngSize > volumesMax / 2) this.#volumes.turn();
  }

  /**
   * Makes a command's effects part of the state, and adds the rows that tell them to the batch's writes.
   *
   * @param trace of the request, for the records of its events
   */
  apply(effects: Effects, writes: BatchWrites, trace?: TraceContext): void {
    const id = this.#writableId(writes);
    let { lastTimestamp } = this.head;
    for (const row of effects.transactions) {
      const isPast = lastTimestamp !== undefined && row.timestamp < lastTimestamp;
      lastTimestamp = row.timestamp;
      writes.transactions.push({ ledger: id, row, isPast });
      writes.characters += row.postings.length + row.metadata.length;
      writes.characters += row.preCommitVolumes.length + row.postCommitVolumes.length;
      if (row.reference !== '') this.#references.set(row.reference, true);
    }
    for (const row of effects.moves) {
      const key = pairKey(row.account, row.asset);
      if (this.#volumes.get(key) === undefined) writes.firstSeen.push({ ledger: id, address: row.account });
      this.#volumes.set(key, { input: row.input, output: row.output });
      writes.moves.push({ ledger: id, row });
    }
    for (const { address, metadata } of effects.accountMetadata) {
      writes.accountMetadata.push({ ledger: id, address, metadata });
      // A patch alone must not pass for all that the account has: a contract might then judge by it.
      if (this.knowsAccount(address)) this.#accounts.set(address, { ...this.#accounts.get(address), ...metadata });
    }
    for (const { txid, metadata } of effects.transactionMetadata) {
      writes.transactionMetadata.push({ ledger: id, txid, metadata });
      const known = this.#transactions.get(txid);
      if (known !== undefined) this.#transactions.set(txid, { ...known, metadata: { ...known.metadata, ...metadata } });
    }
    const destination = { id, writes, headers: trace === undefined ? null : JSON.stringify(trace) };
    this.#applyLog(effects, destination);
    if (effects.mapping !== undefined) this.#applyMapping(effects.mapping, destination);
  }

  /** Remembers what a key was answered with, for the rest of the batch and in the database. */
  keep(key: IdempotencyKey, answer: Answer, writes: BatchWrites): void {
    writes.idempotency.push({ ledger: this.#writableId(writes), key, answer });
    writes.characters += answer.body?.length ?? 0;
    this.#idempotency.set(key.key, { requestHash: key.requestHash, answer });
  }

  #applyLog(effects: Effects, { id, writes, headers }: Destination): void {
    let transactions = 0;
    for (const entry of effects.log) {
      const before = this.head;
      const lastTimestamp: Instant | undefined =
        entry.type === 'NEW_TRANSACTION' ? effects.transactions[transactions++]?.timestamp : before.lastTimestamp;
      const nextTxid = entry.type === 'NEW_TRANSACTION' ? before.nextTxid + 1 : before.nextTxid;
      const chained = chainLog(before.lastLog, {
        id: before.nextLogId,
        type: entry.type,
        data: entry.data,
        date: entry.date,
      });
      let sequence = before.lastEventSequence;
      for (const event of entry.events) {
        writes.outbox.push({ ...this.#outboxRow(event, ++sequence), headers });
        writes.characters += event.body.length;
      }
      writes.characters += entry.data.length;
      writes.logs.push({
        ledger: id,
        row: {
          id: before.nextLogId,
          type: entry.type,
          data: entry.data,
          hash: chained.hash,
          date: chained.date,
          nextTxid,
          lastEventSequence: sequence,
          eventCount: entry.events.length,
        },
      });
      this.#head = {
        nextTxid,
        lastTimestamp,
        nextLogId: before.nextLogId + 1,
        lastLog: chained.text,
        lastEventSequence: sequence,
        mappingVersion: before.mappingVersion,
      };
    }
  }

  #applyMapping(effect: NonNullable<Effects['mapping']>, { id, writes, headers }: Destination): void {
    const version = this.head.mappingVersion + 1;
    const eventSequence = this.head.lastEventSequence + 1;
    const { contracts } = effect.mapping;
    writes.outbox.push({ ...this.#outboxRow(effect.event, eventSequence), headers });
    writes.characters += effect.event.body.length;
    writes.mappings.push({
      ledger: id,
      version,
      contracts: contracts === null ? null : writeContracts(contracts),
      eventSequence,
    });
    this.#head = { ...this.head, lastEventSequence: eventSequence, mappingVersion: version };
    this.#setMapping(effect.mapping);
  }

  #setMapping(mapping: Mapping): void {
    this.#mapping = mapping;
    this.#mappingReadsMetadata = mapping.contracts !== null && writeContracts(mapping.contracts).includes('"$meta"');
  }

  #outboxRow(event: Event, eventSequence: number): Omit<BatchWrites['outbox'][number], 'headers'> {
    return { eventId: randomUUID(), type: event.type, ledger: this.ledger, eventSequence, body: event.body };
  }

  #writableId(writes: BatchWrites): number {
    if (this.#id === undefined) throw this.#notLoaded('the ledger');
    if (this.#creation === 'new') {
      writes.ledgers.push({ id: this.#id, name: this.ledger });
      this.#creation = 'written';
    }
    return this.#id;
  }

  #notLoaded(what: string): Error {
    return new Error(`${what} of ledger ${this.ledger} was asked for, but not loaded`);
  }
}

/** Where a command's rows go: the ledger's id, the batch's writes, and the headers that its events carry. */
interface Destination {
  readonly id: number;
  readonly writes: BatchWrites;
  readonly headers: string | null;
}

/** Neither part holds a blank (v1's patterns). */
function pairKey(account: string, asset: string): string {
  return `${account} ${asset}`;
}
