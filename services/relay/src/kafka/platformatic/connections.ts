import type { Base, Connection } from '@platformatic/kafka';
import { within } from '../../within.ts';
import { chainOf } from '../error-chain.ts';
import { explained } from './explained.ts';

interface Limit {
  readonly ms: number;
  /** What an error says was being done. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * The connections of one client of @platformatic/kafka 2.12.1, so that they can be cut: its own way to end waits for what it still has
 * to write, and forgets connections that failed while they authenticated.
 */
export class Connections {
  readonly #open = new Set<Connection>();
  /** What the last connection that failed said of it. */
  #fault: Error | undefined;
  #isCut = false;

  constructor(client: Pick<Base, 'connections'>) {
    client.connections.on('connecting', ({ connection }) => this.#track(connection));
  }

  /**
   * Asks a cluster something; rejects in time, with the reason in front.
   *
   * @param ask Is told when nobody waits for it any more.
   */
  async ask<Answer>(limit: Limit, ask: (end: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const end = new AbortController();
    try {
      return await within(limit, ask(end.signal));
    } catch (error) {
      throw explained(this.#reasonOf(error));
    } finally {
      end.abort();
    }
  }

  /** Cuts all connections for good; whatever waits for an answer fails, and so does whatever connects again. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#open) cutOff(connection);
  }

  /** A request whose connection fails is only told that it was closed; so are those that a broker ends by a TLS alert. */
  #reasonOf(error: unknown): unknown {
    const isClosed = chainOf(error).some(({ message }) => message === 'Connection closed');
    return isClosed ? (this.#fault ?? error) : error;
  }

  #track(connection: Connection): void {
    this.#open.add(connection);
    // Also because a second error of one connection would find no other listener, and end the process.
    connection.on('error', (error) => (this.#fault = error));
    connection.on('close', () => {
      cutOff(connection);
      this.#open.delete(connection);
    });
    // Its socket is made right after this event.
    if (this.#isCut) process.nextTick(() => cutOff(connection));
    else process.nextTick(() => connection.socket.setKeepAlive(true, 10_000));
  }
}

/** Also stops the timer by which it would authenticate anew, which it keeps when the peer closes. */
function cutOff(connection: Connection): void {
  const { socket } = connection;
  // With an error, since it does not listen for the end of a socket that was destroyed while it connected without.
  if (!socket.destroyed) socket.destroy(new Error('connection cut'));
  void connection.close().catch(() => {});
}
