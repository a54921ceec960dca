import type { AddressFilter } from './address-filter.ts';
import { latestVolumes } from './latest-volumes.ts';
import { metadataParameters, type MetadataFilter } from './metadata-filter.ts';

export const balanceOperators = ['e', 'ne', 'gt', 'gte', 'lt', 'lte'] as const;

/** A bound that the balance of one asset, or of any, must keep. */
interface BalanceFilter {
  /** Decimal text of 64 bits. */
  readonly balance: string;
  readonly operator: (typeof balanceOperators)[number];
  readonly asset: string | undefined;
}

/** What accounts are asked for by. All that is given must hold. */
export interface AccountFilter {
  readonly address: AddressFilter | undefined;
  readonly metadata: readonly MetadataFilter[];
  readonly balance: BalanceFilter | undefined;
}

/**
 * Whether a row of `account` is of a ledger ($1), matches an address ($2, and $3 at places $4) and metadata ($5, $6). Conditions that are null are dropped
 * when the statement is planned with its values, so these statements have no name.
 */
export const matchesAddress = `ledger = $1
  and ($2::text is null or address ~ $2)
  -- Of no row, so tried once and first: a broken pattern is an error even where there is nothing to hold against it.
  and ($3::text[] is null or (select bool_and(('' ~ pattern) is not null) from unnest($3) as given (pattern)))
  and ($4::integer[] is null or not exists (
    select from unnest($3, $4) as wanted (pattern, place)
    where split_part(address, ':', wanted.place) !~ wanted.pattern
  ))`;

export const matchesMetadata = `($5::text[] is null or not exists (
    select from unnest($5, $6::text[]) as wanted (path, value)
    where metadata #>> wanted.path::text[] is distinct from wanted.value
  ))`;

/** Whether one of its balances is as asked ($7 the operator, $8 the bound, $9 the asset). */
export const matchesBalance = `($7::text is null or exists (
    ${latestVolumes}
    select from latest
    where ($9::text is null or asset = $9) and case $7
      when 'e' then input - output = $8::numeric
      when 'ne' then input - output <> $8::numeric
      when 'gt' then input - output > $8::numeric
      when 'gte' then input - output >= $8::numeric
      when 'lt' then input - output < $8::numeric
      when 'lte' then input - output <= $8::numeric
    end
  ))`;

/** The values of $1 to $4. */
export function addressParameters(ledger: number, filter: AddressFilter | undefined) {
  const segments = filter?.segments ?? [];
  const [patterns, places] =
    segments.length === 0 ? [null, null] : [segments.map(({ pattern }) => pattern), segments.map(({ place }) => place)];
  return [ledger, filter?.pattern ?? null, patterns, places];
}

/** The values of $1 to $9. */
export function accountParameters(ledger: number, { address, metadata, balance }: AccountFilter) {
  return [
    ...addressParameters(ledger, address),
    ...metadataParameters(metadata),
    balance?.operator ?? null,
    balance?.balance ?? null,
    balance?.asset ?? null,
  ];
}
