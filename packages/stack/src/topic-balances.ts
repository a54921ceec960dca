import { integerOf, isJsonArray, isJsonObject, parseJson, type Json } from '@daybook/events';

/** Balance by asset, by account. */
export type Balances = Map<string, Map<string, bigint>>;

/**
 * Rebuilds every balance from the bodies of COMMITTED_TRANSACTIONS records of one ledger, each taken once: what an account
 * received minus what it sent.
 * @throws TypeError when a body has not the shape that EVENTS.md promises.
 */
export function balancesOf(bodies: Iterable<string>): Balances {
  const balances: Balances = new Map();
  const add = (account: string, asset: string, amount: bigint) => {
    const ofAccount = balances.get(account) ?? new Map<string, bigint>();
    balances.set(account, ofAccount.set(asset, (ofAccount.get(asset) ?? 0n) + amount));
  };
  for (const body of bodies) {
    for (const transaction of listAt(at(parseJson(body), 'payload'), 'transactions')) {
      for (const posting of listAt(transaction, 'postings')) {
        const asset = textAt(posting, 'asset');
        const amount = integerAt(posting, 'amount');
        add(textAt(posting, 'source'), asset, -amount);
        add(textAt(posting, 'destination'), asset, amount);
      }
    }
  }
  return balances;
}

/** The balances that `GET /{ledger}/accounts/{address}` answers. */
export function balancesOfAnswer(body: string): Map<string, bigint> {
  const balances = at(at(parseJson(body), 'data'), 'balances');
  return new Map(Object.keys(objectOf(balances)).map((asset) => [asset, integerAt(balances, asset)]));
}

function at(value: Json, key: string): Json {
  const found = objectOf(value)[key];
  if (found === undefined) {
    throw new TypeError(`There is no ${key}.`);
  }
  return found;
}

function objectOf(value: Json): Readonly<Record<string, Json>> {
  if (!isJsonObject(value)) {
    throw new TypeError('Not an object.');
  }
  return value;
}

function listAt(value: Json, key: string): readonly Json[] {
  const list = at(value, key);
  if (!isJsonArray(list)) {
    throw new TypeError(`${key} is not a list.`);
  }
  return list;
}

function textAt(value: Json, key: string): string {
  const text = at(value, key);
  if (typeof text !== 'string') {
    throw new TypeError(`${key} is not text.`);
  }
  return text;
}

function integerAt(value: Json, key: string): bigint {
  const integer = integerOf(at(value, key));
  if (integer === undefined) {
    throw new TypeError(`${key} is not an integer.`);
  }
  return integer;
}
