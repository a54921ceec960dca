const nanosecondsOfSecond = 1_000_000_000n;

/** RFC 3339 in UTC with as many fractional digits as are needed, as logs show a moment. In nanoseconds since 1970. */
export function exactText(instant: bigint): string {
  const fraction = String(instant % nanosecondsOfSecond)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return fraction === '' ? secondText(instant) : secondText(instant).replace('Z', `.${fraction}Z`);
}

/** RFC 3339 in UTC without the fraction, as transactions show a moment. */
export function secondText(instant: bigint): string {
  return new Date(Number(instant / 1_000_000n)).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The same moment as a clock shows it that is so many minutes ahead of UTC. */
export function localText(instant: bigint, minutesAhead: number): string {
  if (minutesAhead === 0) return exactText(instant);
  const hours = String(Math.floor(minutesAhead / 60)).padStart(2, '0');
  const minutes = String(minutesAhead % 60).padStart(2, '0');
  return exactText(instant + BigInt(minutesAhead) * 60n * nanosecondsOfSecond).replace('Z', `+${hours}:${minutes}`);
}

/** A moment in whole milliseconds since 1970, in nanoseconds. */
export function fromMs(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}

/** Without its fraction of a second. */
export function truncateToSecond(instant: bigint): bigint {
  return instant - (instant % nanosecondsOfSecond);
}

/** As PostgreSQL keeps it. */
export function truncateToMicrosecond(instant: bigint): bigint {
  return instant - (instant % 1_000n);
}
