import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedWrite } from './workload-plan.ts';

const attemptTimeoutMs = 30_000;
const retryBaseMs = 20;
const retryMaxMs = 500;

export interface SendOptions {
  /** An attempt goes to one of them, the next to the next. */
  urls: readonly string[];
  /** Which of them is first. */
  turn: number;
  giveUpAfterMs: number;
  onRetry: () => void;
}

/** What a client learned of its write in the end. */
export interface Answer {
  outcome: 'written' | 'refused' | 'previewed' | 'unknown';
  txids: number[];
  /** Whether an earlier attempt had written it. */
  isReplay: boolean;
  /** Answers on the way that no server in order gives. */
  complaints: string[];
}

/** Sends a write until an answer tells its outcome: after a lost connection, a 503 or the like it is sent again. */
export async function sendWrite(planned: PlannedWrite, options: SendOptions): Promise<Answer> {
  const { urls, turn, giveUpAfterMs, onRetry } = options;
  const deadline = performance.now() + giveUpAfterMs;
  const complaints: string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const response = await request(planned, urls[(turn + attempt) % urls.length] ?? '');
    if (response !== undefined) {
      const { status, body, isReplay } = response;
      if (status >= 200 && status < 300) {
        const txids = readTxids(planned, body);
        if (txids === undefined) {
          complaints.push(`${planned.kind}: ${status} ${body}`);
        }
        const outcome = planned.isPreview ? 'previewed' : 'written';
        return { outcome, txids: txids ?? [], isReplay, complaints };
      }
      if (status >= 400 && status < 500) {
        return { outcome: 'refused', txids: [], isReplay, complaints };
      }
      if (status !== 503) {
        complaints.push(`${planned.kind}: ${status} ${body}`);
      }
    }
    if (performance.now() > deadline) {
      return { outcome: 'unknown', txids: [], isReplay: false, complaints };
    }
    onRetry();
    await delay(Math.min(retryMaxMs, retryBaseMs * 2 ** attempt));
  }
}

async function request(
  { method, path, body, idempotencyKey }: PlannedWrite,
  url: string,
): Promise<{ status: number; body: string; isReplay: boolean } | undefined> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(attemptTimeoutMs),
    });
    const text = await response.text();
    return { status: response.status, body: text, isReplay: response.headers.get('idempotency-hit') === 'true' };
  } catch {
    return undefined;
  }
}

/** The txids of the transactions that an answer shows; undefined when it is not of the form that its kind has. */
function readTxids({ kind }: PlannedWrite, body: string): number[] | undefined {
  if (kind !== 'transaction' && kind !== 'batch' && kind !== 'revert') {
    return [];
  }
  try {
    const answer: unknown = JSON.parse(body);
    const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
    const txids = (Array.isArray(data) ? data : [data]).map(txidOf);
    return txids.some(Number.isNaN) ? undefined : txids;
  } catch {
    return undefined;
  }
}

function txidOf(transaction: unknown): number {
  return typeof transaction === 'object' && transaction !== null && 'txid' in transaction
    ? Number(transaction.txid)
    : Number.NaN;
}
