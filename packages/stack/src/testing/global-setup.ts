import type { TestProject } from 'vitest/node';
import { startPostgres } from '../start-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that all tests share; `createDatabase` makes databases on it. */
    databaseUrl: string;
  }
}

/** Starts one PostgreSQL for the whole test run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  project.provide('databaseUrl', postgres.databaseUrl);
  return async () => postgres.stop();
}
