/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

/**
 * The value of an option of a command.
 *
 * @throws UsageError for what is no whole number within the bounds
 */
export function wholeNumber(
  name: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${text}`);
  }
  return value;
}
