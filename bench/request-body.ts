/** What every transaction of the load moves. */
export const amount = 100;

/** What each account is given before transfers among them begin: more than any run takes from one. */
export const funds = 1_000_000_000;

/** As many that most writes meet a user for the first time, which is the dearer case: nothing about it is remembered. */
const users = 1_000_000;

/** How requests of one transaction say what they write: postings, or a script that makes the same. */
export type RequestForm = 'postings' | 'script';

// The same for all requests, as an application has it: what differs comes as variables.
const plain = `vars {
  account $user
  monetary $sum
}
send $sum (
  source = @world
  destination = $user
)`;
const plainText = JSON.stringify(plain);

/** The body of a write: of one transaction, or of a batch. */
export function requestBody(transactions: number, form: RequestForm = 'postings'): string {
  if (transactions === 1) return singleBody(form, randomBelow(users));
  return batchBody(Array.from({ length: transactions }, () => singleBody('postings', randomBelow(users))));
}

/** The body of a write of one transaction to a certain user. */
export function singleBody(form: RequestForm, user: number): string {
  switch (form) {
    case 'postings':
      return postingBody('world', `users:${user}`, amount);
    case 'script':
      return `{"script":{"plain":${plainText},"vars":{"user":"users:${user}","sum":{"asset":"EUR/2","amount":${amount}}}}}`;
  }
}

/** Some of the first so many accounts pays another. */
export function transferBody(accounts: number): string {
  const source = randomBelow(accounts);
  const destination = (source + 1 + randomBelow(accounts - 1)) % accounts;
  return postingBody(`users:${source}`, `users:${destination}`, amount);
}

/** Gives funds to some accounts, each in a transaction of its own. */
export function fundingBody({ first, end }: { readonly first: number; readonly end: number }): string {
  return batchBody(
    Array.from({ length: end - first }, (_, index) => postingBody('world', `users:${first + index}`, funds)),
  );
}

function postingBody(source: string, destination: string, sum: number): string {
  return `{"postings":[{"source":"${source}","destination":"${destination}","amount":${sum},"asset":"EUR/2"}]}`;
}

function batchBody(transactions: readonly string[]): string {
  return `{"transactions":[${transactions.join(',')}]}`;
}

/** A whole number from 0. */
export function randomBelow(end: number): number {
  return Math.floor(Math.random() * end);
}
