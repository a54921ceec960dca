import { microsecondText, type Instant } from '../command/instant.ts';
import type { AddressFilter } from './address-filter.ts';
import { metadataParameters, type MetadataFilter } from './metadata-filter.ts';

/** What transactions are asked for by. All that is given must hold. */
export interface TransactionFilter {
  readonly reference: string | undefined;
  /** One posting must match all three. */
  readonly account: AddressFilter | undefined;
  readonly source: AddressFilter | undefined;
  readonly destination: AddressFilter | undefined;
  /** Inclusive. */
  readonly startTime: Instant | undefined;
  /** Exclusive. */
  readonly endTime: Instant | undefined;
  readonly metadata: readonly MetadataFilter[];
}

/** txids from and to, both inclusive. */
export interface TxidRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Whether a row of `transaction` is of a ledger ($1), within a range of txids ($2, $3) and matches a filter ($4 to $11). A condition that is null is dropped when the
 * statement is planned with its values, so these statements have no name: a plan for any values would keep them all.
 */
export const matchesFilter = `ledger = $1 and txid between $2 and $3
  and ($4::text is null or reference = $4)
  and (coalesce($5::text, $6::text, $7::text) is null or exists (
    select from json_array_elements(postings) as posting
    where ($5 is null or posting ->> 'source' ~ $5 or posting ->> 'destination' ~ $5)
      and ($6 is null or posting ->> 'source' ~ $6)
      and ($7 is null or posting ->> 'destination' ~ $7)
  ))
  and ($8::timestamptz is null or timestamp >= $8)
  and ($9::timestamptz is null or timestamp < $9)
  and ($10::text[] is null or not exists (
    select from unnest($10, $11::text[]) as wanted (path, value)
    where metadata #>> wanted.path::text[] is distinct from wanted.value
  ))`;

/** The values of $1 to $11. */
export function filterParameters(ledger: number, filter: TransactionFilter, range: TxidRange) {
  const moment = (instant: Instant | undefined) => (instant === undefined ? null : microsecondText(instant));
  return [
    ledger,
    range.min,
    range.max,
    filter.reference ?? null,
    filter.account?.pattern ?? null,
    filter.source?.pattern ?? null,
    filter.destination?.pattern ?? null,
    moment(filter.startTime),
    moment(filter.endTime),
    ...metadataParameters(filter.metadata),
  ];
}

/** Whether a filter lets all transactions pass. */
export function isOpen({ metadata, ...others }: TransactionFilter): boolean {
  return metadata.length === 0 && Object.values(others).every((value) => value === undefined);
}
