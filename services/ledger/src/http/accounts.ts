import { writeString } from '@daybook/events';
import { countAccounts } from '../query/count-accounts.ts';
import { findAccount, type AccountRow } from '../query/find-account.ts';
import { listAccounts as findAccounts } from '../query/list-accounts.ts';
import { checkAddress } from './account-address.ts';
import {
  accountFilterOf,
  encodeAccountCursor,
  readAccountCountParameters,
  readAccountListParameters,
} from './account-list-parameters.ts';
import type { ApiContext } from './api-context.ts';
import { addressedPage, addressedSlice } from './page.ts';
import { handleRead } from './read-request.ts';

type OneAccount = { readonly ledger: string; readonly address: string };

/** `GET /{ledger}/accounts/{address}`: an account that nobody touched is there as well, with nothing in it. */
export function showAccount(context: ApiContext) {
  return handleRead(
    context,
    (_query, request: { readonly params: OneAccount }) => checkAddress(request.params.address),
    async (ledger, address) => `{"data":${writeAccount(address, await findAccount(context.pool, ledger, address))}}`,
  );
}

function writeAccount(address: string, { metadata, volumes }: AccountRow): string {
  const ofAsset = volumes.map(
    ({ asset, input, output, balance }) =>
      `${writeString(asset)}:{"input":${input},"output":${output},"balance":${balance}}`,
  );
  const balances = volumes.map(({ asset, balance }) => `${writeString(asset)}:${balance}`);
  return `{"address":${writeString(address)},"metadata":${metadata},"volumes":{${ofAsset.join(',')}},"balances":{${balances.join(',')}}}`;
}

/** `GET /{ledger}/accounts` */
export function listAccounts(context: ApiContext) {
  return handleRead(context, readAccountListParameters, async (ledger, parameters) => {
    const filter = accountFilterOf(parameters);
    const found = await findAccounts(context.pool, ledger, { filter, slice: addressedSlice(parameters) });
    return addressedPage(found, parameters, (place) => encodeAccountCursor({ ...parameters, ...place }));
  });
}

/** `HEAD /{ledger}/accounts`: their number, as the header `Count`. */
export function showAccountCount(context: ApiContext) {
  return handleRead(context, readAccountCountParameters, async (ledger, filter) => {
    const count = await countAccounts(context.pool, ledger, filter);
    return { status: 200, body: undefined, headers: { count: String(count) } };
  });
}
