import { request, type Agent, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import type { OutgoingRecord } from '../publisher.ts';

interface PostOptions {
  /** Without credentials. */
  readonly url: URL;
  /** Value of the Authorization header, if there is one to send. */
  readonly authorization: string | undefined;
  readonly agent: Agent;
  /** From now until the answer's headers, and for draining its body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a receiver said. */
export interface Answer {
  readonly status: number;
  /** How long to wait, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** Where it redirects to. */
  readonly location: string | undefined;
  /** The beginning of the body; empty for a success, which nobody reads. */
  readonly text: string;
}

const textLengthMax = 200;

/** So much of a body is read so that the connection can be used again; at a longer one it is closed. */
const drainBytesMax = 65_536;

/**
 * Posts one record as v1's HTTP publisher does (watermill-http: Message-Uuid, and Message-Metadata as a JSON object), and follows no
 * redirect. Rejects when there is no answer. A connection that was idle may have been closed by the receiver just as the request went
 * out, which says nothing about the receiver: then it is sent once more, on another one.
 */
export async function post(record: OutgoingRecord, options: PostOptions): Promise<Answer> {
  try {
    return await postOnce(record, options);
  } catch (error) {
    if (!(error instanceof StaleConnectionError)) throw error;
    return await postOnce(record, options);
  }
}

class StaleConnectionError extends Error {}

async function postOnce(record: OutgoingRecord, options: PostOptions): Promise<Answer> {
  const { url, agent, timeoutMs, signal } = options;
  const answered = Promise.withResolvers<Answer>();
  const body = Buffer.from(record.value);
  const send = url.protocol === 'https:' ? requestTls : request;
  const outgoing = send(url, { method: 'POST', agent, headers: headersOf(record, body, options.authorization) });
  const onAbort = () => outgoing.destroy(new Error('given up, since the relay stops'));
  const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  let isAnswered = false;
  outgoing.once('response', (response) => {
    isAnswered = true;
    answered.resolve(readAnswer(response));
  });
  outgoing.on('error', (error) => {
    const code = 'code' in error ? error.code : undefined;
    const isStale = outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
    answered.reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
  });
  outgoing.once('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    if (!isAnswered) answered.reject(new Error('the connection was closed without an answer'));
  });
  if (signal.aborted) onAbort();
  outgoing.end(body);
  return await answered.promise;
}

function headersOf(record: OutgoingRecord, body: Buffer, authorization: string | undefined): Record<string, string> {
  const { headers } = record;
  return {
    'Content-Type': 'application/json',
    'Content-Length': String(body.byteLength),
    'Message-Uuid': headers['id'] ?? '',
    'Message-Metadata': asciiJson(headers),
    'User-Agent': 'daybook-relay',
    ...traceHeadersOf(headers),
    ...(authorization !== undefined && { Authorization: authorization }),
  };
}

/** W3C Trace Context has headers of its own in HTTP, which tracing libraries of receivers read. */
function traceHeadersOf(headers: OutgoingRecord['headers']): Record<string, string> {
  const shown = ['traceparent', 'tracestate'].flatMap((name): [string, string][] => {
    const value = headers[name];
    return value !== undefined && /^[\x20-\x7e]+$/.test(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(shown);
}

/** JSON that fits into a header, which takes only ASCII for certain. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Resolves as soon as a success is known; of other answers it waits for the beginning of the body. Drains within bounds. Never rejects. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const heard = Promise.withResolvers<string>();
  let text = '';
  let bytes = 0;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    bytes += Buffer.byteLength(chunk);
    if (text.length < textLengthMax) text += chunk;
    if (text.length >= textLengthMax) heard.resolve(text);
    if (bytes > drainBytesMax) response.destroy();
  });
  response.on('error', () => heard.resolve(text));
  response.once('close', () => heard.resolve(text));
  const isSuccess = status >= 200 && status < 300;
  return {
    status,
    retryAfterMs: retryAfterMsOf(response.headers['retry-after']),
    location: response.headers.location,
    text: isSuccess ? '' : printable(await heard.promise),
  };
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

function printable(text: string): string {
  return text
    .slice(0, textLengthMax)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
}
