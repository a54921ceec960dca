/**
 * What can be wrong with the history of a topic.
 * - `missing`: an event of the outbox that the topic does not have.
 * - `phantom`: a record whose event the outbox does not have, or has with other bytes.
 * - `malformed`: a body that is not an event.
 * - `changed`: one event under two sequences or with two bodies, or one sequence under two events.
 * - `disordered`: a first appearance that was not the ledger's next event.
 * - `skipped`: an event that a consumer loses which drops every sequence not above the last one seen.
 * - `misplaced`: a wrong key or header, or a ledger in two partitions.
 * - `uneven`: outbox rows with a hole in a lane or a ledger's sequence, or a ledger in two lanes.
 * - `torn`: a ledger whose state, log and outbox do not belong together.
 * - `lost-write`: a write that answered 2xx and has no event in the topic, or one with other txids.
 * - `doubled-write`: a write with two events.
 * - `trace`: a refused or previewed write with an event.
 * - `txid-gap`: transactions of a ledger that are not 0, 1, 2 … in the order of its events.
 * - `unbalanced`: given inputs and outputs of a ledger and asset that differ.
 * - `wrong-volumes`: an event that shows volumes other than those that the events up to it add up to.
 * - `wrong-balance`: a balance rebuilt from the topic that differs from the one given.
 * - `overdrawn`: a transaction that takes an account further below zero than its write may.
 * - `stale`: a script's transaction that goes by other balances or metadata than the events before it left.
 * - `parted`: account metadata of a script that is not all there, or not directly behind its transaction.
 * - `early-position`: a position recorded before a row up to it was in the topic.
 */
export type Fault =
  | 'missing'
  | 'phantom'
  | 'malformed'
  | 'changed'
  | 'disordered'
  | 'skipped'
  | 'misplaced'
  | 'uneven'
  | 'torn'
  | 'lost-write'
  | 'doubled-write'
  | 'trace'
  | 'txid-gap'
  | 'unbalanced'
  | 'wrong-volumes'
  | 'wrong-balance'
  | 'overdrawn'
  | 'stale'
  | 'parted'
  | 'early-position';

const examplesMax = 5;

/** How often a fault was found, and the first few places. */
export interface Finding {
  count: number;
  examples: string[];
}

/** Collects faults; bounded, however many there are. */
export class Findings {
  readonly #byFault = new Map<Fault, Finding>();

  add(fault: Fault, example: string): void {
    const finding = this.#byFault.get(fault) ?? { count: 0, examples: [] };
    this.#byFault.set(fault, finding);
    finding.count += 1;
    if (finding.examples.length < examplesMax) {
      finding.examples.push(example);
    }
  }

  /** Only the faults that were found. */
  get found(): Partial<Record<Fault, Finding>> {
    return Object.fromEntries(this.#byFault);
  }
}
