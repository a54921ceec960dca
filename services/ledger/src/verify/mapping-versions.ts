import type { Snapshot } from '@daybook/postgres';

/** That a mapping was replaced. */
export interface MappingVersion {
  readonly version: number;
  readonly eventSequence: number;
}

const readMappingsSql = `
select version, event_sequence as "eventSequence" from mapping where ledger = $1 and version > $2 order by version limit $3`;

/** The next versions of a ledger's mapping behind `after`. */
export async function readMappings(
  snapshot: Snapshot,
  ledger: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly MappingVersion[]> {
  return (await snapshot.query<MappingVersion>(readMappingsSql, [ledger, after, limit])).rows;
}
