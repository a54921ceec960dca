const faultsShown = 3;

/** What a record says of itself in its headers. */
export interface SeenEvent {
  readonly ledger: string;
  readonly sequence: number;
}

/** Holds a whole topic, each partition in its order, against how many events each ledger wrote: every event once, and in order. */
export class EventAudit {
  readonly #last = new Map<string, number>();
  readonly #faults: string[] = [];
  #faultCount = 0;

  take({ ledger, sequence }: SeenEvent): void {
    const last = this.#last.get(ledger) ?? 0;
    if (sequence !== last + 1) this.#fault(`${ledger}: event ${sequence} came after event ${last}`);
    this.#last.set(ledger, sequence);
  }

  /** To be asked once, after the last record. */
  faults(eventsByLedger: ReadonlyMap<string, number>): readonly string[] {
    for (const ledger of new Set([...eventsByLedger.keys(), ...this.#last.keys()])) {
      const [last, events] = [this.#last.get(ledger) ?? 0, eventsByLedger.get(ledger) ?? 0];
      if (last !== events) this.#fault(`${ledger}: the last event is ${last}, not ${events}`);
    }
    const more = this.#faultCount - this.#faults.length;
    return more === 0 ? this.#faults : [...this.#faults, `${more} more faults of this kind`];
  }

  #fault(text: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < faultsShown) this.#faults.push(text);
  }
}
