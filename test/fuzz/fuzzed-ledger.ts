import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../packages/stack/src/free-port.ts';
import { Guard } from '../../packages/stack/src/guard.ts';
import { startPostgres } from '../../packages/stack/src/index.ts';
import { RunningProcess } from '../../packages/stack/src/running-process.ts';
import { planService, serviceMain } from '../../packages/stack/src/service-plan.ts';
import { openWorkFolder } from '../../packages/stack/src/work-folder.ts';
import { bodyBytesMax } from './spoiled-body.ts';

/** A ledger with a PostgreSQL of its own. */
export interface FuzzedLedger {
  readonly url: string;
  readonly databaseUrl: string;
  /** What it logged as an error so far. */
  errors(): readonly string[];
  stop(): Promise<void>;
}

/** Starts both on free ports. They end when this process ends, however that comes about. */
export async function startFuzzedLedger(signal: AbortSignal): Promise<FuzzedLedger> {
  const guard = new Guard();
  const folder = openWorkFolder();
  guard.remove(folder.path);
  const discard = async () => {
    rmSync(folder.path, { recursive: true, force: true });
    await guard.close();
  };
  try {
    const postgres = await startPostgres({ signal });
    try {
      const logFile = join(folder.path, 'ledger.log');
      const { databaseUrl } = postgres;
      const port = await freePort();
      const env = { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true', BODY_BYTES_MAX: String(bodyBytesMax) };
      const plan = planService({ name: 'ledger', main: serviceMain('ledger'), env, port, logFile });
      const ledger = await RunningProcess.startReady(plan, { guard, signal });
      return {
        url: `http://127.0.0.1:${port}`,
        databaseUrl,
        errors: () => errorsIn(readFileSync(logFile, 'utf8')),
        stop: async () => {
          await ledger.stop();
          await postgres.stop();
          await discard();
        },
      };
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Lines of a log that a human must act on. What is no line of the logger is one, too: a process that dies says so in plain text. */
function errorsIn(log: string): readonly string[] {
  return log.split('\n').filter((line) => line !== '' && !/^\{"level":"(?:debug|info|warn)"/.test(line));
}
