import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { kafkaVersion } from '../../packages/stack/src/kafka-jars.ts';
import { packagedBinaries } from '../../packages/stack/src/postgres-binaries.ts';
import { join } from 'node:path';

/** What a run took place on: name and value. */
export function readSurroundings(): Readonly<Record<string, string>> {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown processor';
  return {
    commit: commit(),
    machine: `${cpu}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, everything on it`,
    system: `${platform()} ${release()} ${arch()}`,
    Node: process.version,
    PostgreSQL: ask(join(packagedBinaries(), 'bin', 'postgres'), '--version').replace(/^.*\) /, ''),
    Kafka: `Apache Kafka ${kafkaVersion()}, one broker`,
  };
}

function commit(): string {
  const hash = ask('git', 'rev-parse', '--short=12', 'HEAD');
  const isChanged = ask('git', 'status', '--porcelain', '--', 'services', 'packages', 'migrations', 'test') !== '';
  return isChanged ? `${hash} with changes` : hash;
}

function ask(command: string, ...args: string[]): string {
  try {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
