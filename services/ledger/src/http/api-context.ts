import type { Pool } from '@daybook/postgres';
import type { ProgramCache } from './program-cache.ts';
import type { LedgerDirectory } from '../writer/ledger-directory.ts';
import type { Writer } from '../writer/submission.ts';

/** What the API's handlers work with. */
export interface ApiContext {
  readonly writer: Writer;
  readonly directory: Pick<LedgerDirectory, 'find' | 'make'>;
  /** For reads. */
  readonly pool: Pool;
  readonly bodyBytesMax: number;
  readonly programs: ProgramCache;
}
