/** A record as it was seen: what tells whether it is that of a row, and where it lies. */
export interface Sighting {
  readonly sequence: number;
  readonly offset: number;
  /** 32 hex digits. */
  readonly id: string;
  /** 16 hex digits. */
  readonly digest: string;
}

/** What `match` found of a row; bits, since a topic may hold a row's record and an altered one beside it. */
export const found = { same: 1, replayed: 2, altered: 4, alteredBefore: 8 } as const;

/** How much of the topics may be kept in memory, over all ledgers. */
export interface PageBudget {
  /** Pages that may still be made. */
  pagesLeft: number;
}

/** The memory for what was read of the topics is full. */
export class SightingsFullError extends Error {}

// One page is one allocation: for each of its sequences id 16, digest 8, offset 8, flags 1 and repeats 2 bytes. A stray record with an absurd
// sequence takes a page and no more; a ledger with many events takes some 40 bytes for each.
const slotsPerPage = 64;
const slotBytes = 35;
const digestAt = 16;
const offsetAt = 24;
const flagsAt = 32;
const repeatsAt = 33;
const repeatsMax = 65_535;
export const pageBytes = slotsPerPage * slotBytes;

/** Different records that may claim one sequence; those beyond cannot be kept apart. */
const layersMax = 8;

const flag = { present: 1, matched: 2, late: 4, replayed: 8, settled: 16, excused: 32 } as const;

export type Seen = 'first' | 'repeat' | 'conflict' | 'dropped' | 'surplus';

/** What all layers have in common. */
interface Order {
  /** The greatest sequence that appeared so far. */
  greatest: number;
  /** Records that came behind one with a greater sequence, since that was last looked into. */
  late: number;
}

/**
 * The records of one ledger in one partition, by sequence. Records that claim the same sequence and are not the same stand in layers, in
 * the order of their appearance; so whatever a deeper layer holds, each layer above it holds something else for that sequence.
 */
export class Sightings {
  readonly partition: number;
  readonly #budget: PageBudget;
  readonly #pages = new Map<number, Buffer>();
  readonly #depth: number;
  readonly #order: Order;
  #next: Sightings | undefined;
  #droppedBelow = 0;
  #open = 0;

  /** The first and last sequence that only this partition has, where a ledger lies in several. */
  exclusive: { readonly from: number; readonly to: number } | undefined;
  /** Whether a record that is no replay was found to be that of a row. */
  hasMatched = false;

  constructor(partition: number, budget: PageBudget, above?: Sightings) {
    this.partition = partition;
    this.#budget = budget;
    this.#depth = above === undefined ? 1 : above.#depth + 1;
    this.#order = above === undefined ? { greatest: 0, late: 0 } : above.#order;
  }

  /** Whether records wait to be matched with rows. */
  get hasOpen(): boolean {
    return this.#open > 0 || this.#next?.hasOpen === true;
  }

  /** Whether records came behind one with a greater sequence. */
  get hasLate(): boolean {
    return this.#order.late > 0;
  }

  /**
   * Takes note of a record.
   *
   * @throws SightingsFullError when the memory for it is used up
   */
  add(record: Sighting, isReplay: boolean): Seen {
    const { page, at } = this.#slot(record.sequence);
    if (page === 'dropped') return 'dropped';
    const flags = page?.[at + flagsAt] ?? 0;
    if (page !== undefined && flags !== 0) {
      if (idAt(page, at) === record.id && digestAtSlot(page, at) === record.digest) {
        if (!isReplay) page.writeUInt16LE(Math.min(page.readUInt16LE(at + repeatsAt) + 1, repeatsMax), at + repeatsAt);
        // The order is that of the first appearance which nobody asked for.
        if (!isReplay && (flags & flag.replayed) !== 0) this.#place(page, at, record, flags & ~flag.replayed);
        return 'repeat';
      }
      if (this.#next === undefined) {
        if (this.#depth === layersMax) return 'surplus';
        this.#next = new Sightings(this.partition, this.#budget, this);
      }
      const seen = this.#next.add(record, isReplay);
      return seen === 'first' ? 'conflict' : seen;
    }
    const made = page ?? this.#makePage(record.sequence);
    made.write(record.id, at, 16, 'hex');
    made.write(record.digest, at + digestAt, 8, 'hex');
    this.#open += 1;
    if (isReplay) {
      made.writeDoubleLE(record.offset, at + offsetAt);
      made[at + flagsAt] = flag.present | flag.replayed;
    } else this.#place(made, at, record, flag.present);
    return 'first';
  }

  /** Puts a first appearance in its place, and notes whether one with a greater sequence came before it. */
  #place(page: Buffer, at: number, { sequence, offset }: Sighting, flags: number): void {
    const isLate = sequence < this.#order.greatest;
    if (isLate) this.#order.late += 1;
    this.#order.greatest = Math.max(this.#order.greatest, sequence);
    page.writeDoubleLE(offset, at + offsetAt);
    page[at + flagsAt] = flags | (isLate ? flag.late : 0);
  }

  /**
   * Looks for the record of a row, which counts as matched from then on. One with the same id and other bytes, key or type is altered and
   * settled with that.
   *
   * @returns the bits of `found`: `same`, or `replayed` where only a replay brought it; `altered`, or `alteredBefore` when asked again
   */
  match(row: Omit<Sighting, 'offset'>, options: { readonly isExcused: boolean }): number {
    const { page, at } = this.#slot(row.sequence);
    if (page === undefined || page === 'dropped') return 0;
    const flags = page[at + flagsAt] ?? 0;
    if (flags === 0) return 0;
    const below = this.#next?.match(row, options) ?? 0;
    if (idAt(page, at) !== row.id) return below;
    const isSame = digestAtSlot(page, at) === row.digest;
    if ((flags & (flag.matched | flag.settled)) === 0) this.#open -= 1;
    else if (!isSame) return below | found.alteredBefore;
    page[at + flagsAt] = flags | (isSame ? flag.matched : flag.settled) | (options.isExcused ? flag.excused : 0);
    if (!isSame) return below | found.altered;
    if ((flags & flag.replayed) !== 0) return below | found.replayed;
    this.hasMatched = true;
    return below | found.same;
  }

  /** The offset of the record that is a row's, where it was found. */
  matchedOffset(sequence: number): number | undefined {
    const slot = this.#matchedSlot(sequence);
    return slot?.page.readDoubleLE(slot.at + offsetAt);
  }

  #matchedSlot(sequence: number): { readonly page: Buffer; readonly at: number } | undefined {
    const { page, at } = this.#slot(sequence);
    if (page === undefined || page === 'dropped' || page[at + flagsAt] === 0) return undefined;
    if (((page[at + flagsAt] ?? 0) & flag.matched) !== 0) return { page, at };
    return this.#next === undefined ? undefined : this.#next.#matchedSlot(sequence);
  }

  /** The records that no row was found for, by sequence within a layer, with how often each was repeated; each is given once. */
  *takeOpen(): Generator<Sighting & { readonly repeats: number }> {
    if (this.#open > 0) {
      for (const { page, at, sequence } of this.#slots('forwards')) {
        const flags = page[at + flagsAt] ?? 0;
        if (flags === 0 || (flags & (flag.matched | flag.settled)) !== 0) continue;
        page[at + flagsAt] = flags | flag.settled;
        this.#open -= 1;
        yield { ...sightingAt(page, at, sequence), repeats: page.readUInt16LE(at + repeatsAt) };
      }
    }
    if (this.#next !== undefined) yield* this.#next.takeOpen();
  }

  /**
   * The events that first appeared behind a later one of the ledger, which is what a consumer loses that drops every sequence not above
   * the last; each is given once. Only records of rows count, and no replays.
   */
  *takeLate(): Generator<Sighting & { readonly isExcused: boolean }> {
    if (this.#order.late === 0) return;
    let least = Infinity;
    for (const { sequence } of this.#slots('backwards')) {
      const slot = this.#matchedSlot(sequence);
      if (slot === undefined) continue;
      const { page, at } = slot;
      const flags = page[at + flagsAt] ?? 0;
      if ((flags & flag.replayed) !== 0) continue;
      const sighting = sightingAt(page, at, sequence);
      if ((flags & flag.late) !== 0) {
        page[at + flagsAt] = flags & ~flag.late;
        if (sighting.offset > least) yield { ...sighting, isExcused: (flags & flag.excused) !== 0 };
      }
      least = Math.min(least, sighting.offset);
    }
    this.#order.late = 0;
  }

  /** Widens the sequences that only this partition has. */
  noteExclusive(sequence: number): void {
    const { from, to } = this.exclusive ?? { from: sequence, to: sequence };
    this.exclusive = { from: Math.min(from, sequence), to: Math.max(to, sequence) };
  }

  /** Forgets all sequences of the pages that lie wholly below `sequence`. */
  dropBelow(sequence: number): void {
    this.#droppedBelow = Math.max(this.#droppedBelow, Math.floor(sequence / slotsPerPage));
    for (const number of this.#pages.keys()) {
      if (number >= this.#droppedBelow) continue;
      this.#pages.delete(number);
      this.#budget.pagesLeft += 1;
    }
    this.#next?.dropBelow(sequence);
  }

  #slot(sequence: number): { readonly page: Buffer | 'dropped' | undefined; readonly at: number } {
    const number = Math.floor(sequence / slotsPerPage);
    const at = (sequence % slotsPerPage) * slotBytes;
    return { page: number < this.#droppedBelow ? 'dropped' : this.#pages.get(number), at };
  }

  #makePage(sequence: number): Buffer {
    if (this.#budget.pagesLeft === 0) {
      throw new SightingsFullError('the memory for what was read of the topics is full');
    }
    this.#budget.pagesLeft -= 1;
    const page = Buffer.alloc(pageBytes);
    this.#pages.set(Math.floor(sequence / slotsPerPage), page);
    return page;
  }

  *#slots(
    direction: 'forwards' | 'backwards',
  ): Generator<{ readonly page: Buffer; readonly at: number; readonly sequence: number }> {
    const sign = direction === 'forwards' ? 1 : -1;
    for (const number of [...this.#pages.keys()].toSorted((one, other) => sign * (one - other))) {
      const page = this.#pages.get(number);
      if (page === undefined) continue;
      for (let step = 0; step < slotsPerPage; step += 1) {
        const slot = sign === 1 ? step : slotsPerPage - 1 - step;
        yield { page, at: slot * slotBytes, sequence: number * slotsPerPage + slot };
      }
    }
  }
}

function sightingAt(page: Buffer, at: number, sequence: number): Sighting {
  return { sequence, offset: page.readDoubleLE(at + offsetAt), id: idAt(page, at), digest: digestAtSlot(page, at) };
}

function idAt(page: Buffer, at: number): string {
  return page.toString('hex', at, at + 16);
}

function digestAtSlot(page: Buffer, at: number): string {
  return page.toString('hex', at + digestAt, at + offsetAt);
}
