import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { Guard } from './guard.ts';
import { planPostgres } from './postgres-plan.ts';
import { RunningProcess } from './running-process.ts';
import { openWorkFolder } from './work-folder.ts';

const restartWithinMs = 10_000;

export interface StartPostgresOptions {
  /** Where the data lives. Without it: in a temporary folder that goes at `stop()`, or when this process ends. */
  dataDir?: string;
  /** Without it: one that is free now. */
  port?: number;
  /** Settings of the server on top of the stack's own. */
  settings?: Readonly<Record<string, string>>;
  /** Aborts a start that is under way. */
  signal?: AbortSignal;
  report?: (line: string) => void;
}

/** A PostgreSQL server of its own, ready for use. */
export interface StartedPostgres {
  /** The empty (or found) database `daybook`, with a user that may do anything. */
  databaseUrl: string;
  port: number;
  /** What the server says, as far as its settings have it say it. */
  readonly logFile: string;
  readonly pid: number;
  /** Sends a signal to the server. After SIGKILL, `restart()` brings it back on the same port with the same data. */
  signal(signal: NodeJS.Signals): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL alone, as tests need it. It ends when this process ends, however that comes about. */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<StartedPostgres> {
  const guard = new Guard();
  const folder = openWorkFolder(options.dataDir);
  if (folder.temporary) {
    guard.remove(folder.path);
  }
  const discard = async () => {
    if (folder.temporary) {
      rmSync(folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
    await guard.close();
  };
  try {
    const port = options.port ?? (await freePort());
    const logFile = join(folder.path, 'postgres.log');
    const { plan, databaseUrl } = await planPostgres({
      dataDir: join(folder.path, 'postgres'),
      port,
      logFile,
      temporary: folder.temporary,
      settings: options.settings,
      guard,
      signal: options.signal,
      report: options.report,
    });
    let server = await RunningProcess.startReady(plan, { guard, signal: options.signal });
    return {
      databaseUrl,
      port,
      logFile,
      get pid() {
        return server.pid;
      },
      signal: (signal) => server.signal(signal),
      restart: async () => {
        await server.stop();
        server = await RunningProcess.startReady(plan, { guard, retryForMs: restartWithinMs });
      },
      stop: async () => {
        await server.stop();
        await discard();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}
