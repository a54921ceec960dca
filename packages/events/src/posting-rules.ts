/**
 * Of an address. Addresses are ASCII, so these are bytes, and (ledger, account, asset, txid) stays far below the 2,700
 * bytes that a PostgreSQL index row takes.
 */
export const addressLengthMax = 1024;

/** Of an amount in digits. v1 has no limit; PostgreSQL's numeric would take 131,072. */
export const amountDigitsMax = 1000;

/** Of an address, beside its length. */
export const addressPattern = /^[a-zA-Z0-9_]+(?::[a-zA-Z0-9_]+)*$/;
const assetPattern = /^[A-Z][A-Z0-9]{0,16}(?:\/\d{1,6})?$/;
const amountTooLong = 10n ** BigInt(amountDigitsMax);

/** v1.6+ (`^\w+(:\w+)*$`), with our limit on length. */
export function isAddress(text: string): boolean {
  return text.length <= addressLengthMax && addressPattern.test(text);
}

/** v1.9+ */
export function isAsset(text: string): boolean {
  return assetPattern.test(text);
}

/** Whether an amount, negative or not, is within our limit. */
export function isWithinDigits(amount: bigint): boolean {
  return amount < amountTooLong && amount > -amountTooLong;
}
