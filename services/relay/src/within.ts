/**
 * Rejects with an Error that names `what` unless the work ends within `ms`, and as soon as `signal` aborts. The work itself goes on.
 */
export async function within<Result>(
  limit: { readonly ms: number; readonly what: string; readonly signal?: AbortSignal },
  work: Promise<Result>,
): Promise<Result> {
  const { ms, what, signal } = limit;
  const given = Promise.withResolvers<never>();
  const onAbort = () => given.reject(new Error(`${what} was given up`));
  const timer = setTimeout(() => given.reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([work, given.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Whoever lost the race may still fail, and nobody waits for it any more.
    work.catch(() => {});
    given.promise.catch(() => {});
  }
}
