/** Rejects with an Error that names `what` unless the work ends within `ms`. The work itself goes on. */
export async function within<Result>(ms: number, what: string, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // Whoever lost the race may still fail, and nobody waits for it any more.
    work.catch(() => {});
  }
}
