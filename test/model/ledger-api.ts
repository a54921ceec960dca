import { parseExact } from '../../packages/stack/src/testing/index.ts';
import type { Answer } from './answer.ts';
import { requestOf, type Command } from './command.ts';

export interface ReadAnswer {
  readonly status: number;
  /** JSON with exact integers; undefined for none. */
  readonly body: unknown;
}

/** One ledger as its clients see it. Paths are behind its name. */
export interface LedgerApi {
  send(command: Command): Promise<Answer>;
  read(path: string): Promise<ReadAnswer>;
  /** What `HEAD` counts, as the header says it. */
  count(path: string): Promise<string | undefined>;
}

/** A ledger by the REST interface of one process. */
export class RestLedger implements LedgerApi {
  readonly #url: string;

  constructor(url: string, name: string) {
    this.#url = `${url}/${name}`;
  }

  async send(command: Command): Promise<Answer> {
    const { method, path, body } = requestOf(command);
    const { key } = command;
    const response = await fetch(`${this.#url}/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      ...(body !== undefined && { body }),
    });
    return { ...(await read(response)), isReplay: response.headers.get('idempotency-hit') === 'true' };
  }

  async read(path: string): Promise<ReadAnswer> {
    return read(await fetch(`${this.#url}/${path}`));
  }

  async count(path: string): Promise<string | undefined> {
    const response = await fetch(`${this.#url}/${path}`, { method: 'HEAD' });
    return response.headers.get('count') ?? undefined;
  }
}

async function read(response: Response): Promise<ReadAnswer> {
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : parseExact(text) };
}
