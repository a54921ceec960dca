/** What every transaction of the load moves from `world` to a random user. */
export const amount = 100;

/** As many that most writes meet a user for the first time, which is the dearer case: nothing about it is remembered. */
const users = 1_000_000;

/** The body of a write: of one transaction, or of a batch. */
export function requestBody(transactions: number): string {
  if (transactions === 1) return transactionText();
  return `{"transactions":[${Array.from({ length: transactions }, transactionText).join(',')}]}`;
}

function transactionText(): string {
  const user = Math.floor(Math.random() * users);
  return `{"postings":[{"source":"world","destination":"users:${user}","amount":${amount},"asset":"EUR/2"}]}`;
}
