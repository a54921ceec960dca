import type { HeldFacts, ParkedFacts, RowFacts } from '@daybook/outbox';
import type { RowStanding } from './history-match.ts';

/** The rows that relays set aside, as it stood at one moment. */
export class SetAside {
  readonly #parked = new Map<string, ParkedFacts>();
  readonly #heldFrom = new Map<string, number>();

  add(facts: { readonly parked: readonly ParkedFacts[]; readonly held: readonly HeldFacts[] }): void {
    for (const parked of facts.parked) this.#parked.set(`${parked.lane}/${parked.seq}`, parked);
    for (const { lane, key, fromSeq } of facts.held) this.#heldFrom.set(`${lane}/${key}`, fromSeq);
  }

  standingOf({ lane, seq, key }: Pick<RowFacts, 'lane' | 'seq' | 'key'>): RowStanding {
    const parked = this.#parked.get(`${lane}/${seq}`);
    const isHeld = seq >= (this.#heldFrom.get(`${lane}/${key}`) ?? Infinity);
    return {
      isSetAside: isHeld || (parked !== undefined && parked.state !== 'published'),
      isExcused: parked?.policy === 'pass',
    };
  }
}
