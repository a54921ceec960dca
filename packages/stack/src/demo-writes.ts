/** One REST write of the demo, and what it is in words. */
interface DemoWrite {
  what: string;
  method: 'POST' | 'PUT';
  path: string;
  body?: unknown;
  /** How many events it makes. */
  events: number;
}

const sale = `vars {
  account $buyer
  portion $fee
}
send [EUR/2 1000] (
  source = $buyer
  destination = {
    $fee to @fees
    remaining to @shop:3
  }
)
set_account_meta(@shop:3, "last_sale", [EUR/2 1000])`;

/** One write of each kind. The ledger begins empty, so the transactions get the txids 0, 1, 2 and 3, the revert 4, the script 5. */
export const demoWrites: readonly DemoWrite[] = [
  {
    what: 'a transaction (txid 0)',
    method: 'POST',
    path: '/transactions',
    body: {
      postings: [{ source: 'world', destination: 'wallet:7', amount: 10_000, asset: 'EUR/2' }],
      reference: 'top-up-1',
      metadata: { channel: 'card' },
    },
    events: 1,
  },
  {
    what: 'a transaction of two postings (txid 1)',
    method: 'POST',
    path: '/transactions',
    body: {
      postings: [
        { source: 'wallet:7', destination: 'shop:3', amount: 2_475, asset: 'EUR/2' },
        { source: 'wallet:7', destination: 'fees', amount: 25, asset: 'EUR/2' },
      ],
      reference: 'order-1',
    },
    events: 1,
  },
  {
    what: 'a batch of two transactions (txid 2 and 3), one with an amount beyond 64 bits',
    method: 'POST',
    path: '/transactions/batch',
    body: {
      transactions: [
        { postings: [{ source: 'world', destination: 'wallet:8', amount: 500, asset: 'EUR/2' }] },
        {
          postings: [
            {
              source: 'world',
              destination: 'vault',
              amount: JSON.rawJSON('123456789012345678901234567890'),
              asset: 'COIN',
            },
          ],
        },
      ],
    },
    events: 1,
  },
  {
    what: 'metadata on the account wallet:7',
    method: 'POST',
    path: '/accounts/wallet:7/metadata',
    body: { owner: 'customer 7', limits: { daily: 500 } },
    events: 1,
  },
  {
    what: 'metadata on transaction 1',
    method: 'POST',
    path: '/transactions/1/metadata',
    body: { disputed: true },
    events: 1,
  },
  {
    what: 'a mapping that lets accounts below credit: go down to -1000',
    method: 'PUT',
    path: '/mapping',
    body: { contracts: [{ name: 'overdraft', account: 'credit:*', expr: { $gte: ['$balance', -1_000] } }] },
    events: 1,
  },
  { what: 'a revert of transaction 1 (txid 4)', method: 'POST', path: '/transactions/1/revert', events: 2 },
  {
    what: 'a script that splits a sale and marks the seller (txid 5)',
    method: 'POST',
    path: '/transactions',
    body: { script: { plain: sale, vars: { buyer: 'wallet:7', fee: '2.5%' } } },
    events: 2,
  },
];

const writeWithinMs = 10_000;

/**
 * Makes one write.
 * @throws Error with the answer when it is not 2xx.
 */
export async function makeWrite(ledgerUrl: string, { what, method, path, body }: DemoWrite): Promise<number> {
  const response = await fetch(`${ledgerUrl}${path}`, {
    method,
    signal: AbortSignal.timeout(writeWithinMs),
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${path} (${what}) answered ${response.status}: ${answer}`);
  }
  return response.status;
}
