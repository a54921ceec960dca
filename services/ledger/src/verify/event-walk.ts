import type { EventType } from '@daybook/events';
import type { LedgerEvent } from '@daybook/outbox';
import { BadRow, mustEqual, type Finding } from './bad-row.ts';
import type { LedgerFacts } from './ledger-facts.ts';
import type { Lookahead } from './lookahead.ts';
import type { MappingVersion } from './mapping-versions.ts';
import type { OutboxCoverage } from './outbox-coverage.ts';

export interface EventSources {
  readonly facts: LedgerFacts;
  readonly mappings: Lookahead<MappingVersion>;
  readonly outbox: Lookahead<LedgerEvent>;
  readonly coverage: OutboxCoverage;
}

/**
 * Walks a ledger's event sequences, which log rows and mappings share, beside the rows of the outbox. Each sequence has its row there as far
 * back as retention goes: a row may be missing only where the outbox lacks a partition for some time between its neighbours.
 */
export class EventWalk {
  readonly #sources: EventSources;
  #lastSequence = 0;
  #lastVersion = 0;
  /** Of the last outbox row; before the first, of the ledger's creation. */
  #lastAtMs: number;
  #mappings = 0;
  #rows = 0;
  #firstSequence: number | undefined;

  constructor(sources: EventSources) {
    this.#sources = sources;
    this.#lastAtMs = sources.facts.createdAtMs;
  }

  get counts() {
    return {
      mappings: this.#mappings,
      events: this.#lastSequence,
      outboxRows: this.#rows,
      /** Of the first event that the outbox still has. */
      firstOutboxSequence: this.#firstSequence,
    };
  }

  /**
   * Walks the events of a log row, and those of mappings before them.
   *
   * @throws BadRow
   */
  async takeLog(
    log: { readonly id: number; readonly lastEventSequence: number; readonly eventCount: number },
    types: readonly EventType[],
  ): Promise<void> {
    const start = log.lastEventSequence - log.eventCount;
    for (;;) {
      const mapping = await this.#sources.mappings.peek();
      if (mapping === undefined || mapping.eventSequence > start) break;
      await this.#takeMapping(mapping);
    }
    mustEqual(String(start + 1), String(this.#lastSequence + 1), {
      table: 'log',
      key: { id: log.id },
      problem: 'its event sequences do not follow those before it, or a mapping between them is missing',
    });
    for (let count = 0; count < log.eventCount; count += 1) await this.#takeEvent(types);
  }

  /**
   * Walks the mappings behind the last log row, after which the outbox must have nothing more of the ledger.
   *
   * @throws BadRow
   */
  async end(): Promise<void> {
    const { mappings, outbox } = this.#sources;
    for (let mapping = await mappings.peek(); mapping !== undefined; mapping = await mappings.peek()) {
      await this.#takeMapping(mapping);
    }
    const left = await outbox.peek();
    if (left !== undefined) throw this.#unexplained(left);
  }

  async #takeMapping({ version, eventSequence }: MappingVersion): Promise<void> {
    const about = { table: 'mapping', key: { version } } as const;
    mustEqual(String(version), String(this.#lastVersion + 1), { ...about, problem: 'its version is not the next' });
    mustEqual(String(eventSequence), String(this.#lastSequence + 1), {
      ...about,
      problem: 'its event sequence does not follow those before it',
    });
    this.#lastVersion = version;
    this.#mappings += 1;
    this.#sources.mappings.skip();
    await this.#takeEvent(['UPDATED_MAPPING']);
  }

  async #takeEvent(types: readonly EventType[]): Promise<void> {
    const { facts, outbox, coverage } = this.#sources;
    this.#lastSequence += 1;
    const row = await outbox.peek();
    if (row === undefined || row.eventSequence > this.#lastSequence) {
      if (row !== undefined && row.eventSequence > facts.lastEventSequence) throw this.#unexplained(row);
      const untilMs = row === undefined ? facts.nowMs : millisecondsOf(row.at);
      if (!coverage.covers(this.#lastAtMs, untilMs)) return;
      throw new BadRow({
        table: 'outbox',
        key: { lane: facts.lane, event_sequence: this.#lastSequence },
        problem: 'it is not where it must be, and its partition was not dropped',
        expected: `a row of event sequence ${this.#lastSequence}`,
        found: row === undefined ? 'no further row' : `next seq ${row.seq} of event sequence ${row.eventSequence}`,
      });
    }
    const about = this.#keyOf(row);
    mustEqual(String(row.eventSequence), String(this.#lastSequence), {
      ...about,
      problem: 'its event sequence was there before, or comes too late',
    });
    mustEqual(row.key, facts.name, { ...about, problem: "its key is not the ledger's name" });
    if (!types.some((type) => type === row.type)) {
      const problem = 'its type is not that of what was written';
      throw new BadRow({ ...about, problem, expected: types.join(' or '), found: row.type });
    }
    outbox.skip();
    this.#lastAtMs = millisecondsOf(row.at);
    this.#rows += 1;
    this.#firstSequence ??= row.eventSequence;
  }

  #unexplained(row: LedgerEvent): BadRow {
    const { lastEventSequence } = this.#sources.facts;
    return new BadRow({
      ...this.#keyOf(row),
      problem: 'no log row and no mapping explains it',
      expected: `event sequences up to ${lastEventSequence}, each once`,
      found: `event sequence ${row.eventSequence}`,
    });
  }

  #keyOf({ seq }: LedgerEvent): Pick<Finding, 'table' | 'key'> {
    return { table: 'outbox', key: { lane: this.#sources.facts.lane, seq } };
  }
}

/** PostgreSQL writes `2026-11-24 10:00:00.123456+00` in sessions of ours. */
function millisecondsOf(at: string): number {
  return Date.parse(at.replace(' ', 'T').replace(/\+00$/, 'Z'));
}
