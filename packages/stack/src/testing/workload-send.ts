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
        const isRefused = isScriptRefusal(planned, body);
        const txids = isRefused ? [] : readTxids(planned, body);
        if (txids === undefined) {
          complaints.push(`${planned.kind}: ${status} ${body}`);
        }
        const outcome = isRefused ? 'refused' : planned.isPreview ? 'previewed' : 'written';
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

/** The endpoint of scripts alone answers 200 to what it refuses too. */
function isScriptRefusal({ path }: PlannedWrite, body: string): boolean {
  const answer = isScriptEndpoint(path) ? parse(body) : undefined;
  return typeof fieldOf(answer, 'errorCode') === 'string' && fieldOf(answer, 'transaction') !== undefined;
}

function isScriptEndpoint(path: string): boolean {
  return /\/script(?:\?|$)/.test(path);
}

/** The txids of the transactions that an answer shows; undefined when it is not of the form that its kind has. */
function readTxids({ kind, path }: PlannedWrite, body: string): number[] | undefined {
  if (kind !== 'transaction' && kind !== 'batch' && kind !== 'script' && kind !== 'revert') {
    return [];
  }
  const answer = parse(body);
  const data = fieldOf(answer, isScriptEndpoint(path) ? 'transaction' : 'data');
  const txids = (Array.isArray(data) ? data : [data]).map((transaction) => Number(fieldOf(transaction, 'txid')));
  return txids.some(Number.isNaN) || fieldOf(answer, 'errorCode') !== undefined ? undefined : txids;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
