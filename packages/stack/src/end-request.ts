import process from 'node:process';
import { launcherGone } from './launcher.ts';

/**
 * Listens for everything that asks this process to end: a signal, or the death of what launched it. The reason of the
 * returned signal is an Error whose message says which.
 */
export function endRequest(): AbortSignal {
  // Nobody may read any more when the terminal or the launcher is gone; that must not keep us from ending in order.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => end.abort(new Error(signal)));
  }
  void launcherGone(end.signal).then(
    () => end.abort(new Error('the process that launched it is gone')),
    () => undefined,
  );
  return end.signal;
}
