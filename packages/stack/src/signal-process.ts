import process from 'node:process';

/**
 * Sends a signal to a process, or to its whole group where `group` says so.
 * @returns whether there was a process to receive it.
 */
export function signalProcess(pid: number, signal: NodeJS.Signals, { group = false } = {}): boolean {
  try {
    process.kill(group ? -pid : pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') {
      return false;
    }
    throw error;
  }
}
