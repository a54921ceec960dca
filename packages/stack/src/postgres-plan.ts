import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Guard } from './guard.ts';
import { packagedBinaries, reachableBinaries } from './postgres-binaries.ts';
import { closedFolder, postgresOwner, type ProcessOwner } from './process-owner.ts';
import type { ProcessPlan } from './process-plan.ts';
import { findProcess } from './process-table.ts';
import { runToEnd } from './run-to-end.ts';

const databaseName = 'daybook';
const userName = 'daybook';

/** Holds the databases of stacks whose own folder PostgreSQL's user cannot reach. */
const reachableRoot = '/var/lib/daybook';

/** Settings of the server. Durability is PostgreSQL's default, spelled out since every promise here rests on it. */
const ownSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // A socket file in a shared folder would clash with another stack's.
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '200',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

export interface PostgresPlanOptions {
  /** The folder for this server; made when absent. A second plan for the same folder finds the first one's data. */
  dataDir: string;
  port: number;
  logFile: string;
  /** Whether the data may be gone after a power cut, so that making it need not wait for the disk. */
  temporary: boolean;
  /** Settings of the server on top of the stack's own. */
  settings?: Readonly<Record<string, string>> | undefined;
  guard?: Guard | undefined;
  signal?: AbortSignal | undefined;
  report?: ((line: string) => void) | undefined;
}

export interface PostgresPlan {
  plan: ProcessPlan;
  /** The application's database, with user and password. */
  databaseUrl: string;
}

/** Makes the cluster in `dataDir` unless it is there, and says how to run a server on it. */
export async function planPostgres(options: PostgresPlanOptions): Promise<PostgresPlan> {
  const owner = postgresOwner();
  const dataDir = reachableFolder(resolve(options.dataDir), owner, options.report);
  const clusterDir = join(dataDir, 'cluster');
  const passwordFile = join(dataDir, 'password');
  const binaries = reachableBinaries(packagedBinaries(), owner, join(dataDir, 'binaries'));
  if (!existsSync(passwordFile)) {
    writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  }
  const password = readFileSync(passwordFile, 'utf8');
  if (!existsSync(join(clusterDir, 'PG_VERSION'))) {
    await makeCluster({ ...options, binaries, clusterDir, owner, password });
  }

  const lockFile = join(clusterDir, 'postmaster.pid');
  const plan: ProcessPlan = {
    name: 'postgres',
    command: join(binaries, 'bin', 'postgres'),
    args: [
      '-D',
      clusterDir,
      '-p',
      String(options.port),
      ...Object.entries({ ...ownSettings, ...options.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: '/',
    ...(owner === undefined ? {} : { owner }),
    logFile: options.logFile,
    // A fast shutdown: sessions are ended, data is flushed.
    stopSignal: 'SIGINT',
    stopWithinMs: 2_000,
    readyWithinMs: 30_000,
    // Sessions of a killed server end a moment after it, and hold the shared memory until then.
    retryStartForMs: 3_000,
    isReady: async (pid) => isReady(lockFile, pid),
    beforeStart: async () => clearStaleLock(lockFile, clusterDir),
    lockFiles: [lockFile],
  };
  return { plan, databaseUrl: `postgresql://${userName}:${password}@127.0.0.1:${options.port}/${databaseName}` };
}

async function makeCluster(
  options: PostgresPlanOptions & {
    binaries: string;
    clusterDir: string;
    owner: ProcessOwner | undefined;
    password: string;
  },
): Promise<void> {
  const { binaries, clusterDir, owner } = options;
  // Made aside and renamed when complete, since a cluster whose making was cut short looks like a real one.
  const partialDir = `${clusterDir}.partial`;
  const passwordFile = `${clusterDir}.password`;
  rmSync(partialDir, { recursive: true, force: true });
  mkdirSync(partialDir, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (owner !== undefined) {
    chownSync(partialDir, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  const running = { cwd: '/', ...(owner === undefined ? {} : { owner }), guard: options.guard, signal: options.signal };
  try {
    await runToEnd(
      join(binaries, 'bin', 'initdb'),
      [
        `--pgdata=${partialDir}`,
        `--username=${userName}`,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(options.temporary ? ['--no-sync'] : []),
      ],
      running,
    );
    await runToEnd(join(binaries, 'bin', 'postgres'), ['--single', '-D', partialDir, 'postgres'], {
      ...running,
      input: `create database ${databaseName};\n`,
    });
    renameSync(partialDir, clusterDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(partialDir, { recursive: true, force: true });
  }
}

/**
 * The folder itself, made so that the server's user can pass through it; or, when it lies below a folder that is closed
 * to that user, one elsewhere to which a symbolic link points from here.
 */
function reachableFolder(
  folder: string,
  owner: ProcessOwner | undefined,
  report: PostgresPlanOptions['report'],
): string {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  if (owner === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  if (!existsSync(folder)) {
    const closed = closedFolder(dirname(folder), owner);
    if (closed === undefined) {
      mkdirSync(folder, { mode: 0o711 });
    } else {
      mkdirSync(reachableRoot, { recursive: true });
      chmodSync(reachableRoot, 0o755);
      const elsewhere = mkdtempSync(join(reachableRoot, 'postgres-'));
      symlinkSync(elsewhere, folder);
      report?.(`PostgreSQL's data is in ${elsewhere}, since its user cannot pass through ${closed}.`);
    }
  }
  const real = realpathSync(folder);
  chmodSync(real, 0o711);
  return real;
}

/** The server writes `ready` to the eighth line of its lock file once it takes connections (as pg_ctl reads it). */
function isReady(lockFile: string, pid: number): boolean {
  try {
    const lines = readFileSync(lockFile, 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/**
 * PostgreSQL refuses to start while the process number in an old lock file is taken: by a stranger of the same user, or
 * by the killed server itself, a zombie where process 1 does not reap. So the file goes unless a server runs here. That
 * no session of a killed server is left PostgreSQL sees by the shared memory, which it finds without the file.
 */
function clearStaleLock(lockFile: string, clusterDir: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(lockFile, 'utf8').split('\n')[0]);
  } catch {
    return;
  }
  if (findProcess(pid)?.command.includes(clusterDir) === true) {
    throw new Error(`Another PostgreSQL (process ${pid}) is running on ${clusterDir}.`);
  }
  rmSync(lockFile, { force: true });
}
