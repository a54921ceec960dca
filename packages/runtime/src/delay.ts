/** The longest wait of a Node timer; a longer one would fire at once. */
const delayMsMax = 2_147_483_647;

/**
 * Resolves after `ms`, or as soon as the signal aborts: it never rejects, since a loop looks at its signal anyway. Leaves neither timer
 * nor listener behind. Waits longer than 24 days are cut to that.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(ms, delayMsMax));
    signal?.addEventListener('abort', finish, { once: true });
  });
}
