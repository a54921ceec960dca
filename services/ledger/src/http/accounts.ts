import { writeString } from '@daybook/events';
import type { Request, Response } from 'express';
import { findAccount, type AccountRow } from '../query/find-account.ts';
import { checkAddress } from './account-address.ts';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { sendJson } from './send-json.ts';

const untouched: AccountRow = { metadata: '{}', volumes: [] };

/** `GET /{ledger}/accounts/{address}`: an account that nobody touched is there as well, with nothing in it. */
export function showAccount({ pool, directory }: ApiContext) {
  return async (
    request: Request<{ readonly ledger: string; readonly address: string }>,
    response: Response,
  ): Promise<void> => {
    const name = checkLedgerName(request.params.ledger);
    const address = checkAddress(request.params.address);
    const ledger = await directory.find(name);
    const account = ledger === undefined ? untouched : await findAccount(pool, ledger.id, address);
    sendJson(response, { status: 200, body: `{"data":${writeAccount(address, account)}}` });
  };
}

function writeAccount(address: string, { metadata, volumes }: AccountRow): string {
  const ofAsset = volumes.map(
    ({ asset, input, output, balance }) =>
      `${writeString(asset)}:{"input":${input},"output":${output},"balance":${balance}}`,
  );
  const balances = volumes.map(({ asset, balance }) => `${writeString(asset)}:${balance}`);
  return `{"address":${writeString(address)},"metadata":${metadata},"volumes":{${ofAsset.join(',')}},"balances":{${balances.join(',')}}}`;
}
