import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { portOf } from './tcp-proxy.ts';

/** A record that was posted, as the receiver keeps it. */
export interface ReceivedRecord {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** What the header Message-Metadata carries. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly value: string;
  /** When all of it was here. */
  readonly timestampMs: number;
}

/** What to answer; `hang` for nothing at all, `reset` for cutting the connection. */
export type ReceiverAnswer =
  | 'hang'
  | 'reset'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** A receiver of the HTTP publisher's records: keeps what it answers with 2xx, and can be told to refuse, hang or go away. */
export class HttpReceiver {
  readonly records: ReceivedRecord[] = [];
  /** Every request whose body has arrived, also those that were not kept. */
  requests = 0;
  answer: (record: ReceivedRecord) => ReceiverAnswer = () => ({ status: 204 });
  #server: Server;
  #port = 0;

  private constructor() {
    this.#server = this.#createServer();
  }

  static async start(): Promise<HttpReceiver> {
    const receiver = new HttpReceiver();
    await receiver.#listen();
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Cuts every connection and listens no more; what was kept stays. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again where it did before. */
  async comeBack(): Promise<void> {
    this.#server = this.#createServer();
    await this.#listen();
  }

  #createServer(): Server {
    return createServer((request, response) => void this.#receive(request, response));
  }

  async #listen(): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.#server.once('error', listening.reject);
    this.#server.listen(this.#port, '127.0.0.1', listening.resolve);
    await listening.promise;
    this.#port = portOf(this.#server);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let value: string;
    try {
      value = await text(request);
    } catch {
      // The sender gave up before all of it was here.
      return;
    }
    this.requests += 1;
    const record: ReceivedRecord = {
      path: request.url ?? '',
      headers: request.headers,
      metadata: metadataOf(request),
      value,
      timestampMs: Date.now(),
    };
    const answer = this.answer(record);
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (answer.status >= 200 && answer.status < 300) this.records.push(record);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

function metadataOf(request: IncomingMessage): Readonly<Record<string, unknown>> {
  const header = request.headers['message-metadata'];
  if (typeof header !== 'string') return {};
  const metadata: unknown = JSON.parse(header);
  return typeof metadata === 'object' && metadata !== null ? { ...metadata } : {};
}
