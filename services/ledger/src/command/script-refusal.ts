import { writeString } from '@daybook/events';
import type { Answer } from './outcome.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

/** What only a script can be refused for, and its own want of funds. */
const scriptCodes: ReadonlySet<RefusalCode> = new Set([
  'COMPILATION_FAILED',
  'INSUFFICIENT_FUND',
  'METADATA_OVERRIDE',
  'NO_SCRIPT',
]);

/** What v1 shows as the transaction of a refused script. */
const zeroTransaction = { postings: null, reference: '', metadata: null, txid: 0, timestamp: '0001-01-01T00:00:00Z' };

/** A script's refusal as `/transactions` answers it: with the code in front of its own messages, and a link (v1.10). */
export function refusalOfScript(refusal: Refusal): Refusal {
  const { code, message } = refusal;
  return scriptCodes.has(code) ? { code, message: `[${code}] ${message}`, details: detailsOf(message) } : refusal;
}

/** A script's refusal as `/script` answers it: 200, and for all but scripts' own faults and conflicts without a reason (v1.12). */
export function answerOfScript(refusal: Refusal): Answer {
  const isTold = scriptCodes.has(refusal.code) || refusal.code === 'CONFLICT';
  const code = isTold ? refusal.code : 'INTERNAL';
  const message = isTold ? refusal.message : undefined;
  const body = {
    errorCode: code,
    errorMessage: message,
    details: message === undefined ? undefined : detailsOf(message),
    error_code: code,
    error_message: message,
    transaction: zeroTransaction,
  };
  return { status: 200, body: JSON.stringify(body), refusal: refusal.code };
}

/** v1's link to its playground: the message, in JSON with the line breaks of Windows, in base64. */
function detailsOf(message: string): string {
  const payload = `{"error":${writeString(message.replaceAll('\n', '\r\n'))}}`;
  return `https://play.numscript.org/?payload=${Buffer.from(payload).toString('base64')}`;
}
