const longestNs = 2n ** 63n - 1n;
const secondNs = 1_000_000_000n;

/** A length of time in nanoseconds (not negative) as Go prints a `time.Duration`, which ends at some 292 years: `1h0m1.5s`. */
export function goDuration(nanoseconds: bigint): string {
  const ns = nanoseconds > longestNs ? longestNs : nanoseconds;
  if (ns === 0n) return '0s';
  if (ns < 1000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 3)}µs`;
  if (ns < secondNs) return `${decimal(ns, 6)}ms`;
  const minutes = ns / (60n * secondNs);
  const seconds = `${decimal(ns % (60n * secondNs), 9)}s`;
  if (minutes === 0n) return seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${minutes}m${seconds}` : `${hours}h${minutes % 60n}m${seconds}`;
}

/** Shifts the point by some places and drops trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
