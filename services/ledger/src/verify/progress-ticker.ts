import type { Terminal } from '@daybook/config';

interface Progress {
  readonly what: string;
  readonly done?: number;
  readonly total?: number;
}

/** What ends sooner says nothing on the way. */
const silentMs = 2_000;
const tickMs = 500;

/** Says how far something is, also while one statement takes long, until it is stopped. */
export function progressTicker(terminal: Terminal): { show(progress: Progress): void; stop(): void } {
  let current: Progress | undefined;
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAtMs;
    if (current !== undefined && elapsedMs >= silentMs) terminal.progress(lineOf(current, elapsedMs));
  }, tickMs);
  return {
    show(progress) {
      current = progress;
    },
    stop: () => clearInterval(timer),
  };
}

function lineOf({ what, done, total }: Progress, elapsedMs: number): string {
  const seconds = `${Math.floor(elapsedMs / 1_000)} s`;
  if (done === undefined || total === undefined) return `verifying: ${what}, ${seconds}`;
  const percent = total === 0 ? 100 : Math.floor((Math.min(done, total) / total) * 100);
  return `verifying: ${what}, ${percent} % (log row ${done} of ${total}), ${seconds}`;
}
