import type { Base, Connection } from '@platformatic/kafka';

/**
 * The connections of one client of @platformatic/kafka 2.12.1, so that they can be cut: its own way to end waits for what it still has
 * to write, and forgets connections that failed while they authenticated.
 */
export class Connections {
  readonly #open = new Set<Connection>();
  #isCut = false;

  constructor(client: Pick<Base, 'connections'>) {
    client.connections.on('connecting', ({ connection }) => this.#track(connection));
  }

  /** Cuts all connections for good; whatever waits for an answer fails, and so does whatever connects again. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#open) end(connection);
  }

  #track(connection: Connection): void {
    this.#open.add(connection);
    // A second error of one connection would find no other listener, and end the process.
    connection.on('error', () => {});
    connection.on('close', () => {
      end(connection);
      this.#open.delete(connection);
    });
    // Its socket is made right after this event.
    if (this.#isCut) process.nextTick(() => end(connection));
    else process.nextTick(() => connection.socket.setKeepAlive(true, 10_000));
  }
}

/** Also stops the timer by which it would authenticate anew, which it keeps when the peer closes. */
function end(connection: Connection): void {
  const { socket } = connection;
  // With an error, since it does not listen for the end of a socket that was destroyed while it connected without.
  if (!socket.destroyed) socket.destroy(new Error('connection cut'));
  void connection.close().catch(() => {});
}
