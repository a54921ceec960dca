import type { Pool } from '@daybook/postgres';

/** Where a ledger lives. Both are written once and never change. */
export interface LedgerAddress {
  readonly id: number;
  readonly lane: number;
}

const findLedgerSql = 'select id, lane from ledger where name = $1';

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

  /** Only for what is committed. */
  remember(name: string, address: LedgerAddress): void {
    if (this.#known.size >= rememberedMax) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(name, { id: address.id, lane: address.lane });
  }
}
