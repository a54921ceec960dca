/**
 * A moment in UTC as `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`, always with nine fractional digits: for the years 0001 to 9999
 * the order of the text is the order of time, and no digit that a client sent is lost.
 */
export type Instant = string & { readonly instant: unique symbol };

/** Go's zero time: a client that sends it has sent none (v1). */
export const zeroInstant = instant('0001-01-01T00:00:00', '000000000');

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Parses RFC 3339 as strictly as Go's `time.Time` takes it out of JSON: capital letters, real dates, offsets below 24
 * hours, no leap second. Digits past the ninth are cut off. Undefined for all else, and for what falls out of the years
 * 0001 to 9999 in UTC.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, local = '', fraction = '', sign, hours = '0', minutes = '0'] = match;
  const milliseconds = Date.parse(`${local}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(milliseconds) || toSecond(milliseconds) !== local) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const second = toSecond(sign === '+' ? milliseconds - offsetMs : milliseconds + offsetMs);
  // Beyond four digits a year is written with a sign; year 0 is none to PostgreSQL.
  if (second.length !== 19 || second.startsWith('0000')) return undefined;
  return instant(second, fraction.slice(0, 9).padEnd(9, '0'));
}

/** `YYYY-MM-DDTHH:MM:SSZ`, as every transaction shows its timestamp. */
export function secondText(moment: Instant): string {
  return `${moment.slice(0, 19)}Z`;
}

/** As Go's RFC3339Nano writes it: the fraction without trailing zeros, or none. */
export function instantText(moment: Instant): string {
  return `${moment.slice(0, 29).replace(/\.?0*$/, '')}Z`;
}

/** With the six fractional digits that PostgreSQL keeps. Cut, not rounded, as Go's driver does: PostgreSQL would round the seventh up. */
export function microsecondText(moment: Instant): string {
  return `${moment.slice(0, 26)}Z`;
}

export function truncateToSecond(moment: Instant): Instant {
  return instant(moment.slice(0, 19), '000000000');
}

/** PostgreSQL rounds digits past the sixth; cutting them off keeps the order of instants the same on both sides. */
export function truncateToMicrosecond(moment: Instant): Instant {
  return instant(moment.slice(0, 19), `${moment.slice(20, 26)}000`);
}

/** Half a second goes up, as Go's `Round` does. */
export function roundToSecond(moment: Instant): Instant {
  const second = truncateToSecond(moment);
  if (moment.charCodeAt(20) < '5'.charCodeAt(0)) return second;
  return instant(toSecond(Date.parse(secondText(second)) + 1000), '000000000');
}

/** Nanoseconds from the first to the second, negative when the second is earlier. */
export function nanosecondsBetween(from: Instant, to: Instant): bigint {
  return sinceEpoch(to) - sinceEpoch(from);
}

/** @param microseconds not negative, and the moment without nanoseconds */
export function plusMicroseconds(moment: Instant, microseconds: number): Instant {
  const fraction = Number(moment.slice(20, 26)) + microseconds;
  const second = toSecond(Date.parse(secondText(moment)) + Math.floor(fraction / 1_000_000) * 1_000);
  return instant(second, `${String(fraction % 1_000_000).padStart(6, '0')}000`);
}

function sinceEpoch(moment: Instant): bigint {
  return BigInt(Date.parse(secondText(moment))) * 1_000_000n + BigInt(moment.slice(20, 29));
}

function toSecond(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, -5);
}

function instant(second: string, nanoseconds: string): Instant {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place that makes an Instant: the callers hold its form
  return `${second}.${nanoseconds}Z` as Instant;
}
