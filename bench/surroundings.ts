import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Pool } from '@daybook/postgres';

/** What a figure depends on besides the code: name and value, in the order of the report. */
export type Surroundings = Readonly<Record<string, string>>;

/** The machine, Node and the commit. To be taken before anything is started: the load average tells of strangers. */
export function machineSurroundings(): Surroundings {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return {
    commit: commit(),
    machine: `${model}, ${availableParallelism()} cores, ${memoryGb} GB, everything on it, the load generator included`,
    system: `${platform()} ${release()} ${arch()}`,
    'load average before': loadavg()[0]?.toFixed(2) ?? 'unknown',
    Node: `${process.version}, ${libraries()}`,
  };
}

/** The server's version and what makes its commits durable, as the server itself states them. */
export async function databaseSurroundings(pool: Pool): Promise<Surroundings> {
  const show = async (name: string) => {
    const { rows } = await pool.query<{ value: string }>('select current_setting($1) as value', [name]);
    return rows[0]?.value ?? 'unknown';
  };
  const durable = [];
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'shared_buffers']) {
    durable.push(`${name} = ${await show(name)}`);
  }
  return { PostgreSQL: `${await show('server_version')}, ${durable.join(', ')}` };
}

/** The versions of what the services and their baselines have in common. */
function libraries(): string {
  const bench: { devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(new URL('package.json', import.meta.url), 'utf8'),
  );
  return ['express', 'kafkajs', '@platformatic/kafka', 'undici']
    .map((name) => `${name} ${bench.devDependencies[name]}`)
    .join(', ');
}

/** Which Kafka, as far as we know it. */
export function kafkaSurroundings({ isOurs, partitions }: { isOurs: boolean; partitions: number }): Surroundings {
  const pom = readFileSync(new URL('../packages/stack/pom.xml', import.meta.url), 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1] ?? 'unknown version';
  const which = isOurs ? `Apache Kafka ${version}, 1 broker on this machine` : 'the one that STACK_KAFKA_BROKER names';
  return { Kafka: `${which}; topics of ${partitions} partitions, replication factor 1, otherwise defaults` };
}

/** Short, with a mark when files differ from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'services', 'packages', 'bench', 'migrations') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? ' with uncommitted changes' : '');
  } catch {
    return 'unknown (no git checkout)';
  }
}
