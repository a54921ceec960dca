import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { processEnvironment } from '../../packages/config/src/index.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../services/ledger/src/main.ts', import.meta.url));

/** What `ledger verify` says of a ledger, as an operator runs it, with its exit code: 0 where every row is as the log says. */
export async function ledgerVerdict(
  databaseUrl: string,
  ledger: string,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const env = { ...processEnvironment(), DATABASE_URL: databaseUrl };
  return run(process.execPath, [main, 'verify', '--ledger', ledger, '--json'], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    // A failure has its output and exit code beside its message, which has both again.
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout: stdout === '' ? stderr : stdout,
    }),
  );
}
