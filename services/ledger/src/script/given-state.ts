import { integerOf, isAddress, isAsset, isJsonObject, type Json } from '@daybook/events';
import { InputFault } from './read-input.ts';

type JsonObject = Readonly<Record<string, Json>>;

/** What a run finds of accounts: zero and no metadata where nothing was given. */
export interface GivenState {
  balance(account: string, asset: string): bigint;
  metadata(address: string): JsonObject;
}

/**
 * The state of accounts out of `--balances`, `{"account": {"ASSET": 100}}`, and `--metadata`,
 * `{"account": {"key": {"type": "portion", "value": "90%"}}}`.
 *
 * @throws InputFault that names the flag, the account and the asset
 */
export function givenState(given: { readonly balances: JsonObject; readonly metadata: JsonObject }): GivenState {
  const balances = new Map<string, bigint>();
  for (const [account, assets] of accountsOf('--balances', given.balances)) {
    for (const [asset, amount] of Object.entries(assets))
      balances.set(`${account} ${asset}`, amountOf(account, asset, amount));
  }
  const metadata = new Map(accountsOf('--metadata', given.metadata));
  return {
    balance: (account, asset) => balances.get(`${account} ${asset}`) ?? 0n,
    metadata: (address) => metadata.get(address) ?? {},
  };
}

function accountsOf(flag: string, given: JsonObject): readonly (readonly [address: string, value: JsonObject])[] {
  return Object.entries(given).map(([address, value]) => {
    if (!isAddress(address))
      throw new InputFault(`${flag}: ${JSON.stringify(address)} is not the address of an account`);
    if (!isJsonObject(value)) throw new InputFault(`${flag}: the value of ${address} must be a JSON object`);
    return [address, value];
  });
}

function amountOf(account: string, asset: string, amount: Json): bigint {
  if (!isAsset(asset)) throw new InputFault(`--balances: ${JSON.stringify(asset)} of ${account} is not an asset`);
  const value = integerOf(amount);
  if (value === undefined) throw new InputFault(`--balances: ${asset} of ${account} must be an integer`);
  return value;
}
