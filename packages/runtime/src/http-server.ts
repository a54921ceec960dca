import { once } from 'node:events';
import { createServer, STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { parseBindAddress, renderAddress } from './bind-address.ts';
import type { Component } from './lifecycle.ts';
import type { RequestHandler } from './request-handler.ts';

interface HttpServerOptions {
  readonly handler: RequestHandler;
  /** `host:port`, see `parseBindAddress`. */
  readonly bind: string;
  readonly name?: string;
  /** How long a stop waits for requests in flight before it cuts them off. */
  readonly drainTimeoutMs?: number;
  /** Connections beyond are closed as they come. */
  readonly connectionsMax?: number;
  /** For the line and the headers of a request together; more is answered with 431. */
  readonly headerBytesMax?: number;
  /** For headers and body of a request together; later than that, looked at as often, it is answered with 408. */
  readonly requestTimeoutMs?: number;
  /** What a handler throws or rejects with; the client gets 500 if nothing was sent yet. */
  readonly onError?: (error: unknown) => void;
  /** JSON for a request that is not HTTP (an unknown method, oversized headers): no handler ever sees it. */
  readonly bodyOfMalformed?: (message: string) => string;
}

/** An HTTP server as a component of a lifecycle. */
export interface HttpServer extends Component {
  readonly name: string;
  start(): Promise<void>;
  stop(deadline?: AbortSignal): Promise<void>;
  /** The address in force, with the port the system chose. Throws unless listening. */
  readonly address: { readonly host: string; readonly port: number };
  /** `http://host:port` of that address. */
  readonly url: string;
}

/**
 * A stop refuses new connections, closes idle ones, lets requests in flight finish (their answers carry `Connection: close`) and cuts off
 * what is left after `drainTimeoutMs` or at the deadline, whichever is first.
 */
export function httpServer(options: HttpServerOptions): HttpServer {
  const { handler, bind, name = 'http', drainTimeoutMs = 5_000, onError } = options;
  const responses = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let isStopping = false;

  const requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  const server = createServer({
    ...(options.headerBytesMax !== undefined && { maxHeaderSize: options.headerBytesMax }),
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(10_000, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(30_000, requestTimeoutMs),
    keepAliveTimeout: 65_000,
  });
  server.maxConnections = options.connectionsMax ?? 4_096;
  // Where several processes share the port, Node would hand a connection that is too many from one to the next without end, which took
  // 60 % of a core with three of them. Its declarations do not have the property yet.
  Object.assign(server, { dropMaxConnection: true });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response: ServerResponse) => {
    responses.add(response);
    if (isStopping) response.setHeader('connection', 'close');
    response.once('close', () => {
      responses.delete(response);
      if (isStopping) setImmediate(() => server.closeIdleConnections());
    });
    void answer(async () => await handler(request, response), { response, onError });
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // In an answer that has begun, another one would be taken for a part of it.
    if ([...responses].some((response) => response.socket === socket && response.headersSent)) socket.destroy();
    else answerMalformed(error, socket, options.bodyOfMalformed);
  });

  const addressOf = () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error(`${name} does not listen`);
    return { host: address.address, port: address.port };
  };

  return {
    name,
    async start() {
      await listen(server, bind);
    },
    async stop(deadline) {
      if (!server.listening) return;
      isStopping = true;
      for (const response of responses) if (!response.headersSent) response.setHeader('connection', 'close');
      const closed = once(server, 'close');
      server.close();
      // Node counts a connection that never sent a byte as busy until its headers time out.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      const cutOff = () => server.closeAllConnections();
      const timer = setTimeout(cutOff, drainTimeoutMs);
      if (deadline?.aborted === true) cutOff();
      deadline?.addEventListener('abort', cutOff, { once: true });
      await closed;
      clearTimeout(timer);
      deadline?.removeEventListener('abort', cutOff);
    },
    get address() {
      return addressOf();
    },
    get url() {
      return `http://${renderAddress(addressOf())}`;
    },
  };
}

async function listen(server: Server, bind: string): Promise<void> {
  const { host, port } = parseBindAddress(bind);
  try {
    const listening = once(server, 'listening');
    server.listen({ port, ...(host !== undefined && { host }) });
    await listening;
  } catch (error) {
    throw new Error(`cannot listen on ${bind}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function answer(
  run: () => Promise<void>,
  {
    response,
    onError,
  }: { readonly response: ServerResponse; readonly onError: ((error: unknown) => void) | undefined },
): Promise<void> {
  try {
    await run();
  } catch (error) {
    onError?.(error);
    if (response.headersSent) response.destroy();
    else {
      response.statusCode = 500;
      response.end();
    }
  }
}

/** What Node's parser says of a request, by its code; the rest is 400. */
const malformedStatuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers a request that Node could not parse, which it would answer with an empty body, and ends the connection. */
function answerMalformed(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer },
  socket: Socket,
  bodyOf: ((message: string) => string) | undefined,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = malformedStatuses[error.code ?? ''] ?? 400;
  const reason = STATUS_CODES[status] ?? '';
  const body =
    bodyOf?.(`malformed HTTP request: ${error.code === 'HPE_INVALID_METHOD' ? 'unknown method' : reason}`) ?? '';
  // Node names no method here, but it hands on the bytes that it could not read; a client that sent HEAD takes a body for the next answer.
  const isHead = error.rawPacket?.subarray(0, 5).toString('latin1') === 'HEAD ';
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${isHead ? '' : body}`,
  );
}
