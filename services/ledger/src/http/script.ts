import { checkReference } from '../command/posting-form.ts';
import type { ApiContext } from './api-context.ts';
import { parseBody } from './parse-body.ts';
import { loadedBytes, prepareScript } from './prepare-script.ts';
import { refuse } from './problem.ts';
import { isYes, readQuery } from './query-parameters.ts';
import { scriptBody } from './transaction-body.ts';
import { toInstant } from './transaction-draft.ts';
import { handleWrite } from './write-request.ts';

const unreadable = 'invalid script format';

/** `POST /{ledger}/script`, which v1 calls deprecated: refusals of the script are answered with 200. */
export function runScript(context: ApiContext) {
  return handleWrite<{ readonly ledger: string }>(context, (write, body, request) => {
    // v1 reads `null` as a request without anything in it.
    const payload = parseBody(body, scriptBody.nullable(), unreadable) ?? {};
    const reference = payload.reference ?? '';
    refuse(checkReference(reference));
    const script = prepareScript(context.programs, payload);
    return {
      kind: 'run-script',
      ...write,
      bytes: write.bytes + loadedBytes(script),
      script,
      reference,
      metadata: payload.metadata ?? {},
      timestamp: toInstant(payload.timestamp, unreadable),
      preview: isYes(readQuery(request.originalUrl).get('preview')),
      endpoint: 'script',
    };
  });
}
