import type { Json } from '@daybook/events';

/** A rule for the accounts whose address its pattern matches (v1: every `*` becomes `.*`, not anchored). */
export interface Contract {
  readonly name: string | undefined;
  readonly account: string;
  readonly expr: Json;
}

/** What `PUT /{ledger}/mapping` replaces as a whole. `contracts` is null when the client sent none, as v1 keeps it. */
export interface Mapping {
  readonly contracts: readonly Contract[] | null;
}
