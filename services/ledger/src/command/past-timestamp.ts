import { goDuration } from './go-duration.ts';
import { instantText, nanosecondsBetween, truncateToMicrosecond, type Instant } from './instant.ts';

/**
 * v1's message when a timestamp lies before that of the last transaction; undefined when it does not. Compared by
 * microseconds, since that is what is kept of the last one.
 */
export function checkPastTimestamp(passed: Instant, last: Instant | undefined): string | undefined {
  if (last === undefined || truncateToMicrosecond(passed) >= truncateToMicrosecond(last)) return undefined;
  const earlier = goDuration(nanosecondsBetween(passed, truncateToMicrosecond(last)));
  const shown = instantText(truncateToMicrosecond(last));
  return `cannot pass a timestamp prior to the last transaction: ${instantText(passed)} (passed) is ${earlier} before ${shown} (last)`;
}
