import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { portOf } from './tcp-proxy.ts';
import { readExport, type ReceivedSpan } from './otlp-message.ts';

/** Takes traces as an OpenTelemetry collector does, by OTLP over HTTP in protobuf, and keeps the spans. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Those of each request, with its path. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  /** What is answered; `hang` for nothing at all, `trickle` for an answer that goes on without an end. */
  answer: number | 'hang' | 'trickle' = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#receive(request, response));
  }

  static async start(): Promise<TraceReceiver> {
    const receiver = new TraceReceiver();
    const listening = Promise.withResolvers<void>();
    receiver.#server.once('error', listening.reject);
    receiver.#server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  named(name: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let message: Buffer;
    try {
      message = await buffer(request);
    } catch {
      // The sender gave up before all of it was here.
      return;
    }
    this.requests.push({ path: request.url ?? '', headers: request.headers });
    if (this.answer === 'hang') return;
    if (this.answer === 'trickle') {
      const trickle = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(trickle));
      return;
    }
    response.writeHead(this.#take(message), { 'content-type': 'application/x-protobuf' }).end();
  }

  /** What no collector could read is answered with 400. */
  #take(message: Buffer): number {
    if (typeof this.answer === 'number' && this.answer !== 200) return this.answer;
    try {
      this.spans.push(...readExport(message));
      return 200;
    } catch {
      return 400;
    }
  }
}
