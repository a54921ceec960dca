/** What every transaction of the load moves from `world` to a random user. */
export const amount = 100;

/** As many that most writes meet a user for the first time, which is the dearer case: nothing about it is remembered. */
const users = 1_000_000;

/** How requests say what they write: postings, of one transaction or of several in a batch, or a script that makes the same. */
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
  if (transactions === 1) return singleBody(form, someUser());
  return `{"transactions":[${Array.from({ length: transactions }, () => singleBody('postings', someUser())).join(',')}]}`;
}

/** The body of a write of one transaction to a certain user. */
export function singleBody(form: RequestForm, user: number): string {
  switch (form) {
    case 'postings':
      return `{"postings":[{"source":"world","destination":"users:${user}","amount":${amount},"asset":"EUR/2"}]}`;
    case 'script':
      return `{"script":{"plain":${plainText},"vars":{"user":"users:${user}","sum":{"asset":"EUR/2","amount":${amount}}}}}`;
  }
}

function someUser(): number {
  return Math.floor(Math.random() * users);
}
