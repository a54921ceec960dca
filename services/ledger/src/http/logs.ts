import { listLogs as findLogs } from '../query/list-logs.ts';
import type { ApiContext } from './api-context.ts';
import { encodeLogCursor, readLogListParameters } from './log-list-parameters.ts';
import { numberedLimit, numberedPage } from './page.ts';
import { handleRead } from './read-request.ts';

/** `GET /{ledger}/logs` */
export function listLogs(context: ApiContext) {
  return handleRead(context, readLogListParameters, async (ledger, parameters) => {
    const { after, pageSize, filter } = parameters;
    const idMax = after === 0 ? Number.MAX_SAFE_INTEGER : after;
    const found = await findLogs(context.pool, ledger, { filter, idMax, limit: numberedLimit(pageSize) });
    return numberedPage(found, parameters, (id) => encodeLogCursor({ ...parameters, after: id }));
  });
}
