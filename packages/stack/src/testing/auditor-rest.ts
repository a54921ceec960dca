import { integerAt, objectAt, parseExact } from './auditor-event.ts';
import type { AccountVolumes } from './auditor-money.ts';

/**
 * Asks a ledger for the volumes of accounts.
 * @throws Error when an answer is not the account's, or its balance is not input minus output
 */
export async function readRestVolumes(
  ledgerUrl: string,
  accounts: Iterable<{ ledger: string; account: string }>,
): Promise<AccountVolumes[]> {
  const found: AccountVolumes[] = [];
  const paths = new Map(
    [...accounts].map(({ ledger, account }) => [`/${ledger}/accounts/${account}`, { ledger, account }]),
  );
  for (const [path, { ledger, account }] of paths) {
    const response = await fetch(`${ledgerUrl}${path}`);
    const body = await response.text();
    if (response.status !== 200) {
      throw new Error(`GET ${path}: ${response.status} ${body}`);
    }
    const data = objectAt(objectAt(parseExact(body), 'answer')['data'], 'data');
    const balances = objectAt(data['balances'], 'balances');
    for (const [asset, volume] of Object.entries(objectAt(data['volumes'], 'volumes'))) {
      const totals = objectAt(volume, asset);
      const input = integerAt(totals['input'], 'input');
      const output = integerAt(totals['output'], 'output');
      if (integerAt(balances[asset], 'balance') !== input - output) {
        throw new Error(`GET ${path}: the balance of ${asset} is not input minus output: ${body}`);
      }
      found.push({ ledger, account, asset, input, output });
    }
  }
  return found;
}
