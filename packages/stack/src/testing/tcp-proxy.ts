import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The TCP port of a server that listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('The server does not listen on a TCP port.');
  }
  return address.port;
}

interface Link {
  client: Socket;
  upstream: Socket;
}

/**
 * Stands between a client and a server on 127.0.0.1 and misbehaves on demand: it cuts connections, goes silent as a
 * half-open connection does, or delays every chunk.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #delayMs = 0;
  #silent = false;
  #swallowedBytes = 0;
  #delayedBytes = 0;
  #refusing = false;

  private constructor(upstreamHost: string, upstreamPort: number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.#refusing) {
        client.resetAndDestroy();
        return;
      }
      this.#link(client, createConnection({ host: upstreamHost, port: upstreamPort, allowHalfOpen: true }));
    });
  }

  /** Opens a proxy in front of `host:port` on a port that the system chooses. */
  static async open(upstreamHost: string, upstreamPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstreamHost, upstreamPort);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    proxy.#server.once('error', reject);
    proxy.#server.listen({ port: 0, host: '127.0.0.1' }, resolve);
    await promise;
    return proxy;
  }

  /** Opens a proxy in front of the server of a URL and gives the URL that leads through it. */
  static async before(url: string): Promise<{ proxy: TcpProxy; url: string }> {
    const through = new URL(url);
    const proxy = await TcpProxy.open(through.hostname, Number(through.port));
    through.host = `127.0.0.1:${proxy.port}`;
    return { proxy, url: through.href };
  }

  get port(): number {
    return portOf(this.#server);
  }

  get connectionCount(): number {
    return this.#links.size;
  }

  /** Whether it swallows bytes now. */
  get isSilent(): boolean {
    return this.#silent;
  }

  /** How many bytes pauses have swallowed so far. */
  get swallowedBytes(): number {
    return this.#swallowedBytes;
  }

  /** How many bytes have been delayed so far. */
  get delayedBytes(): number {
    return this.#delayedBytes;
  }

  /** Resets every connection, in both directions; new ones pass. */
  cut(): void {
    for (const { client, upstream } of this.#links) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** Resets new connections too, as if nobody listened, until `accept()`. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** From now on bytes are swallowed in both directions while connections stay open, as with a half-open connection. */
  pause(): void {
    this.#silent = true;
  }

  /** New bytes pass again. What was swallowed is lost, so connections that were open meanwhile are reset. */
  resume(): void {
    this.#silent = false;
    this.cut();
  }

  /** From now on each chunk is passed on this much later; 0 ends it. Order within a connection is kept. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.cut();
    await promise;
  }

  #link(client: Socket, upstream: Socket): void {
    const link = { client, upstream };
    this.#links.add(link);
    this.#carry(link, client, upstream);
    this.#carry(link, upstream, client);
  }

  #carry(link: Link, from: Socket, to: Socket): void {
    // Each act waits for the one before, so a change of the delay cannot reorder what is already under way.
    let last = Promise.resolve();
    let waiting = 0;
    const actInTurn = async (act: () => void, before: Promise<void>) => {
      waiting += 1;
      await Promise.all([before, delay(this.#delayMs, undefined, { ref: false })]);
      waiting -= 1;
      act();
    };
    const pass = (act: () => void) => {
      if (this.#silent) {
        return;
      }
      if (this.#delayMs === 0 && waiting === 0) {
        act();
      } else {
        last = actInTurn(act, last);
      }
    };
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (this.#silent) {
        this.#swallowedBytes += chunk.length;
      } else if (this.#delayMs > 0) {
        this.#delayedBytes += chunk.length;
      }
      pass(() => {
        if (to.writable && !to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => pass(() => to.end()));
    // What an error says, the close that follows says as well.
    from.on('error', () => undefined);
    from.on('close', () => {
      pass(() => to.destroy());
      if (to.destroyed) {
        this.#links.delete(link);
      }
    });
  }
}
