import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guard } from './guard.ts';
import { answersAsKafka } from './kafka-probe.ts';
import type { ProcessPlan } from './process-plan.ts';
import { runToEnd } from './run-to-end.ts';

const composeFile = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));
const engineAnswersWithinMs = 5_000;

/**
 * Why Docker Compose cannot be used, or undefined when it can: the client, its compose plugin and an engine must all
 * answer.
 */
export async function composeObstacle(signal?: AbortSignal): Promise<string | undefined> {
  if (!existsSync(composeFile)) {
    return `${composeFile} is not there`;
  }
  const within = AbortSignal.any([
    AbortSignal.timeout(engineAnswersWithinMs),
    ...(signal === undefined ? [] : [signal]),
  ]);
  const ask = async (args: string[]) => runToEnd('docker', args, { cwd: dirname(composeFile), signal: within });
  try {
    await ask(['version', '--format', '{{.Server.Version}}']);
  } catch {
    signal?.throwIfAborted();
    return 'docker is not there, or no engine answers';
  }
  try {
    await ask(['compose', 'version']);
  } catch {
    signal?.throwIfAborted();
    return 'docker has no compose plugin';
  }
  return undefined;
}

/**
 * Says how to run the service `kafka` of the repository's docker-compose.yml on `port` of this machine. The process is
 * the attached client: SIGTERM to it stops the container.
 */
export function planComposeKafka({
  dataDir,
  port,
  logFile,
}: {
  dataDir: string;
  port: number;
  logFile: string;
}): ProcessPlan {
  return {
    name: 'kafka',
    command: 'docker',
    args: [...composeArgs(dataDir), 'up', '--no-deps', '--no-color', '--timeout', '1', 'kafka'],
    cwd: dirname(composeFile),
    env: { KAFKA_HOST_PORT: String(port) },
    logFile,
    stopSignal: 'SIGTERM',
    stopWithinMs: 4_000,
    // The image may have to be pulled first.
    readyWithinMs: 300_000,
    isReady: async () => answersAsKafka([`127.0.0.1:${port}`]),
    lockFiles: [],
  };
}

/** Removes the container and, with the data of a temporary stack, its volumes. */
export async function removeComposeKafka(dataDir: string, options: { volumes: boolean; guard: Guard }): Promise<void> {
  await runToEnd(
    'docker',
    [...composeArgs(dataDir), 'down', '--timeout', '0', ...(options.volumes ? ['--volumes'] : [])],
    { cwd: dirname(composeFile), guard: options.guard },
  );
}

/** A project of its own for each data folder, so that stacks side by side share neither container nor volume. */
function composeArgs(dataDir: string): string[] {
  const project = `daybook-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
  return ['compose', '--project-name', project, '--file', composeFile];
}
