import { accountPaths } from './account-paths.ts';
import { ledgerPaths } from './ledger-paths.ts';
import type { PathDescription } from './operation.ts';
import { serverPaths } from './server-paths.ts';
import { transactionPaths } from './transaction-paths.ts';

/** Every route that is served, the busiest first, as Express asks one after the other; and what the document says of it. */
export const paths = { ...transactionPaths, ...accountPaths, ...ledgerPaths, ...serverPaths } as const;

/** The same without its literal types, for what goes through all. */
export const pathEntries: readonly (readonly [path: keyof typeof paths, PathDescription])[] =
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the constant above
  Object.entries(paths) as [keyof typeof paths, PathDescription][];
