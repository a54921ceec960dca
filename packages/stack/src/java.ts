import { join } from 'node:path';
import { readEnvironment } from '@daybook/config';
import { runToEnd } from './run-to-end.ts';

const oldestVersion = 17;

/**
 * The command that runs Java: of JAVA_HOME, else the one on the PATH.
 * @throws Error saying what is missing, when there is none or it is older than Kafka 4 needs.
 */
export async function findJava(signal?: AbortSignal): Promise<string> {
  const home = readEnvironment('JAVA_HOME');
  const java = home === undefined ? 'java' : join(home, 'bin', 'java');
  const output = await runToEnd(java, ['-version'], { cwd: '/', signal }).catch(() => {
    signal?.throwIfAborted();
    throw new Error(`${java} is not there`);
  });
  const version = Number(/version "(\d+)/.exec(output)?.[1]);
  if (!(version >= oldestVersion)) {
    throw new Error(`${java} is of version ${Number.isNaN(version) ? 'unknown' : version}, below ${oldestVersion}`);
  }
  return java;
}
