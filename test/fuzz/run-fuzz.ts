import * as fc from 'fast-check';
import { createPool } from '../../packages/postgres/src/index.ts';
import { buildDocument } from '../../services/ledger/src/http/openapi/document.ts';
import { DocumentCheck, operationsOf } from '../../services/ledger/test-fixtures/document-check.ts';
import {
  sendRequest,
  type ReceivedAnswer,
  type SentRequest,
} from '../../services/ledger/test-fixtures/send-request.ts';
import { lastToken, oddRequests } from './odd-request.ts';
import { changedTables, countRows } from './table-rows.ts';

export interface FuzzOptions {
  /** Where the ledger serves. */
  readonly url: string;
  /** Its database, which nobody else writes to meanwhile. */
  readonly databaseUrl: string;
  readonly seed: number;
  readonly requests: number;
  readonly signal?: AbortSignal;
  /** Told now and then how many requests were sent. */
  readonly progress?: (sent: number) => void;
}

/** Something that must not be, and the request that it followed. */
interface Finding {
  /** The request's number, from 0. */
  readonly number: number;
  readonly request: SentRequest;
  readonly what: string;
}

/** How often an operation was answered with 2xx, and how often refused. */
interface OperationTally {
  readonly accepted: number;
  readonly refused: number;
}

export interface FuzzTally {
  readonly sent: number;
  /** By the id of the operation; what is none of the document counts as `none`. */
  readonly operations: ReadonlyMap<string, OperationTally>;
  readonly statuses: ReadonlyMap<number, number>;
  /** Rows in all tables at the end. */
  readonly rows: number;
  readonly findings: readonly Finding[];
}

/** So long may an answer take: longer than the ledger's own limit for a read. */
const answerWithinMs = 30_000;
const progressEvery = 1_000;

/**
 * Sends requests that follow from the seed, one after the other, and holds each answer against the OpenAPI document. No answer
 * may be 5xx; a request that is refused or a preview must leave the number of rows of every table as it was; and the document must allow each body that
 * was accepted.
 */
export async function runFuzz({ url, databaseUrl, seed, requests, signal, progress }: FuzzOptions): Promise<FuzzTally> {
  const document = buildDocument();
  const check = new DocumentCheck(document);
  const { hostname: host, port } = new URL(url);
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'fuzz' });
  const tally = new Tally(operationsOf(document).map(({ operation }) => operation.operationId));
  try {
    let rows = await countRows(pool);
    let token = '';
    for (const drawn of drawRequests(document, { seed, requests })) {
      signal?.throwIfAborted();
      const request = { ...drawn, path: drawn.path.replaceAll(lastToken, token) };
      const answer = await answerOf({ host, port: Number(port) }, request);
      if (typeof answer === 'string') {
        tally.add(request, { faults: [answer] });
        continue;
      }
      const rowsNow = await countRows(pool);
      const operationId = check.operationOf(request)?.operationId;
      const why = answer.status >= 400 ? 'refused' : isPreview(operationId, request) ? 'previewed' : undefined;
      const changed =
        why === undefined ? [] : changedTables(rows, rowsNow).map((table) => `${why}, but rows changed: ${table}`);
      rows = rowsNow;
      token = tokenOf(answer) ?? token;
      const faults = [...faultsOf(check, request, answer), ...changed];
      tally.add(request, { operationId, status: answer.status, faults });
      if (tally.sent % progressEvery === 0) progress?.(tally.sent);
    }
    return tally.end([...rows.values()].reduce((sum, count) => sum + count, 0));
  } finally {
    await pool.end();
  }
}

/** Drawn one by one: what a later request is does not depend on how many there are. */
function* drawRequests(
  document: Parameters<typeof oddRequests>[0],
  { seed, requests }: Pick<FuzzOptions, 'seed' | 'requests'>,
): Generator<SentRequest> {
  const arbitrary = oddRequests(document);
  const chunk = 500;
  for (let start = 0; start < requests; start += chunk) {
    const numRuns = Math.min(chunk, requests - start);
    // Another seed for each chunk, as one seed always begins with the same values.
    yield* fc.sample(arbitrary, { seed: seed + start, numRuns });
  }
}

function faultsOf(check: DocumentCheck, request: SentRequest, answer: ReceivedAnswer): readonly string[] {
  if (answer.status >= 500) return [`answered with ${answer.status}: ${answer.body}`];
  const isAccepted = answer.status >= 200 && answer.status < 300;
  const bodyFaults = isAccepted ? check.bodyFaults(request) : [];
  return [
    ...check.answerFaults(request, answer),
    ...bodyFaults.map((fault) => `accepted a body that the document does not allow: ${fault}`),
  ];
}

/** Whether a request asks for an answer of which nothing is kept. */
function isPreview(operationId: string | undefined, { path }: SentRequest): boolean {
  if (operationId !== 'createTransaction' && operationId !== 'runScript') return false;
  const preview = /[?&]preview=(?<value>[^&]*)/.exec(path)?.groups?.['value'] ?? '';
  return /^(?:1|yes|true)$/i.test(preview);
}

/** The answer, or why there is none. */
async function answerOf(
  address: { readonly host: string; readonly port: number },
  request: SentRequest,
): Promise<ReceivedAnswer | string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`no answer within ${answerWithinMs} ms`), answerWithinMs);
  try {
    return await Promise.race([sendRequest(address, request), late.promise]);
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

function tokenOf({ body }: ReceivedAnswer): string | undefined {
  return /"(?:next|previous)":"(?<token>[\w-]+)"/.exec(body)?.groups?.['token'];
}

/** More of the same helps nobody. */
const findingsMax = 100;

class Tally {
  readonly #operations: Map<string, { accepted: number; refused: number }>;
  readonly #statuses = new Map<number, number>();
  readonly #findings: Finding[] = [];
  #sent = 0;

  constructor(operationIds: readonly string[]) {
    this.#operations = new Map([...operationIds, 'none'].map((id) => [id, { accepted: 0, refused: 0 }]));
  }

  get sent(): number {
    return this.#sent;
  }

  add(
    request: SentRequest,
    outcome: {
      readonly operationId?: string | undefined;
      readonly status?: number;
      readonly faults: readonly string[];
    },
  ): void {
    const { operationId = 'none', status, faults } = outcome;
    const operation = this.#operations.get(operationId);
    if (status !== undefined) this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (operation !== undefined && status !== undefined) operation[status < 300 ? 'accepted' : 'refused'] += 1;
    const room = findingsMax - this.#findings.length;
    this.#findings.push(...faults.slice(0, room).map((what) => ({ number: this.#sent, request, what })));
    this.#sent += 1;
  }

  end(rows: number): FuzzTally {
    return {
      sent: this.#sent,
      operations: this.#operations,
      statuses: new Map([...this.#statuses].toSorted(([one], [other]) => one - other)),
      rows,
      findings: this.#findings,
    };
  }
}
