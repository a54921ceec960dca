import { checkReference } from '../command/posting-form.ts';
import type { ApiContext } from './api-context.ts';
import { readParameters } from './list-parameters.ts';
import { parseBody } from './parse-body.ts';
import { loadedBytes, prepareScript } from './prepare-script.ts';
import { refuse } from './problem.ts';
import { readQuery } from './query-parameters.ts';
import { scriptBody } from './transaction-body.ts';
import { toInstant } from './transaction-draft.ts';
import { previewQuery } from './write-parameters.ts';
import { handleWrite } from './write-request.ts';

const unreadable = 'invalid script format';

/** `POST /{ledger}/script`, which v1 calls deprecated: refusals of the script are answered with 200. */
export function runScript(context: ApiContext) {
  return handleWrite<{ readonly ledger: string }>(context, (write, body, request) => {
    const payload = parseBody(body, scriptBody, unreadable) ?? {};
    const reference = payload.reference ?? '';
    refuse(checkReference(reference));
    const script = prepareScript(context.programs, payload);
    const { preview = false } = readParameters(readQuery(request.originalUrl), previewQuery);
    return {
      kind: 'run-script',
      ...write,
      bytes: write.bytes + loadedBytes(script),
      script,
      reference,
      metadata: payload.metadata ?? {},
      timestamp: toInstant(payload.timestamp, unreadable),
      preview,
      endpoint: 'script',
    };
  });
}
