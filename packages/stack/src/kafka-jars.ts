import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@daybook/config';
import type { Guard } from './guard.ts';
import { runToEnd } from './run-to-end.ts';

const pomFile = fileURLToPath(new URL('../pom.xml', import.meta.url));
const reportEveryMs = 2_000;

export interface FetchOptions {
  guard?: Guard | undefined;
  signal?: AbortSignal | undefined;
  report: (line: string) => void;
}

/** The version of Apache Kafka that the committed pom.xml pins. */
export function kafkaVersion(): string {
  const version = /<kafka\.version>([^<]+)</.exec(readFileSync(pomFile, 'utf8'))?.[1];
  if (version === undefined) {
    throw new Error(`${pomFile} names no kafka.version.`);
  }
  return version;
}

/** Where the jars of this version are, or will be: DAYBOOK_CACHE_DIR, else the user's cache folder. */
export function jarFolder(): string {
  const cache =
    readEnvironment('DAYBOOK_CACHE_DIR') ??
    join(readEnvironment('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'daybook');
  return join(cache, `kafka-${kafkaVersion()}`);
}

/** Whether the jars are there, so that neither Maven nor a network is needed. */
export function hasJars(): boolean {
  return existsSync(jarFolder());
}

/**
 * Lets Maven copy Apache Kafka and what it depends on (about 45 jars, 43 MB) into the cache, unless it is there. The
 * folder gets its name when it is complete, so one that was cut short is never taken for whole.
 */
export async function fetchJars({ guard, signal, report }: FetchOptions): Promise<string> {
  const folder = jarFolder();
  if (hasJars()) {
    return folder;
  }
  report(`Fetching Apache Kafka ${kafkaVersion()} from Maven Central into ${folder}, once.`);
  const partial = makePartial(folder);
  guard?.remove(partial);
  try {
    let latest: string | undefined;
    let reportedAt = performance.now();
    await runToEnd(
      'mvn',
      ['--batch-mode', '--file', pomFile, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
      {
        cwd: partial,
        guard,
        signal,
        onLine: (line) => {
          latest = /[^/ ]+\.jar/.exec(line)?.[0] ?? latest;
          if (performance.now() - reportedAt > reportEveryMs) {
            reportedAt = performance.now();
            report(latest === undefined ? '… still fetching' : `… still fetching, lately ${latest}`);
          }
        },
      },
    );
    if (!existsSync(folder)) {
      renameSync(partial, folder);
    }
  } catch (error) {
    signal?.throwIfAborted();
    const reason = /\[ERROR\] (.*)/.exec(error instanceof Error ? error.message : '')?.[1] ?? 'see its output';
    throw new Error(`Maven could not fetch it: ${reason}`, { cause: error });
  } finally {
    rmSync(partial, { recursive: true, force: true });
    guard?.keep(partial);
  }
  return folder;
}

function makePartial(folder: string): string {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    return mkdtempSync(`${folder}.partial-`);
  } catch (error) {
    throw new Error(`${dirname(folder)} cannot be written to; DAYBOOK_CACHE_DIR names another folder`, {
      cause: error,
    });
  }
}
