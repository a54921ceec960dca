import { createPool, type Pool } from '@daybook/postgres';

/** A pool whose statements may take as long as they do. */
export function benchPool(databaseUrl: string, size: number): Pool {
  return createPool(databaseUrl, { size, applicationName: 'daybook bench', queryTimeoutMs: 0 });
}

/** Makes a database on a server, and gives its address. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const pool = benchPool(serverUrl, 1);
  await pool.query(`create database ${name}`);
  await pool.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
