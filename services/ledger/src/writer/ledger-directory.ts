import { createHash } from 'node:crypto';
import type { Pool } from '@daybook/postgres';

/** Where a ledger lives. Both are written once and never change. */
export interface LedgerAddress {
  readonly id: number;
  readonly lane: number;
}

const findLedgerSql = 'select id, lane from ledger where name = $1';

const makeLedgerSql = `
insert into ledger (id, name, lane, created_at)
select nextval('ledger_id_seq'), $1, $2::bigint % count(*), clock_timestamp() from lane
on conflict (name) do nothing`;

/** The lane of a ledger that does not exist yet. Any spread would do; it is written down at creation. */
export function laneOf(ledger: string, lanes: number): number {
  return hashOf(ledger) % lanes;
}

function hashOf(ledger: string): number {
  return createHash('sha256').update(ledger).digest().readUInt32BE(0);
}

/** The most names that are remembered; past it the oldest is forgotten and asked for again. */
const rememberedMax = 200_000;

/** Finds ledgers by name and remembers those that exist: a committed row of `ledger` never changes. */
export class LedgerDirectory {
  readonly #pool: Pool;
  readonly #known = new Map<string, LedgerAddress>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What is remembered of a ledger, without asking the database. */
  peek(name: string): LedgerAddress | undefined {
    return this.#known.get(name);
  }

  /** Undefined when there is no such ledger, which is not remembered: it may come into being at any moment. */
  async find(name: string): Promise<LedgerAddress | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = await this.#pool.query<{ id: number; lane: number }>({
      name: 'find-ledger',
      text: findLedgerSql,
      values: [name],
    });
    const address = found.rows[0];
    if (address !== undefined) this.remember(name, address);
    return address;
  }

  /** Makes the ledger if there is none. It has no log yet, and so no event. */
  async make(name: string): Promise<void> {
    await this.#pool.query({ name: 'make-ledger', text: makeLedgerSql, values: [name, hashOf(name)] });
  }

  /** Only for what is committed. */
  remember(name: string, address: LedgerAddress): void {
    if (this.#known.size >= rememberedMax) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(name, { id: address.id, lane: address.lane });
  }
}
