import { writeJson, writeString, type Json } from '@daybook/events';

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

/** A mapping as v1.12 answers it. */
export function writeMapping({ contracts }: Mapping): string {
  return `{"contracts":${contracts === null ? 'null' : writeContracts(contracts)}}`;
}

/** Contracts as v1.12 answers them: in this key order, and always with a name. */
export function writeContracts(contracts: readonly Contract[]): string {
  return `[${contracts.map(writeContract).join(',')}]`;
}

function writeContract({ name, account, expr }: Contract): string {
  return `{"name":${writeString(name ?? '')},"account":${writeString(account)},"expr":${writeJson(expr)}}`;
}
