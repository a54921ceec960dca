import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** What sessions of one application asked of the server. Making a connection does not count. */
export interface WireCounts {
  /** How often a session sent something while it waited for no answer: what is sent before the answer comes is one trip. */
  readonly roundTrips: number;
  /** BEGIN and COMMIT included. */
  readonly statements: number;
  /** COMMITs that the server answered with COMMIT. */
  readonly commits: number;
  /** Statements by the name under which they are prepared, or by their text. */
  readonly byName: ReadonlyMap<string, number>;
}

/** Cuts a stream into PostgreSQL's messages: one byte of type, four of length, the rest. */
class Messages {
  #rest: Buffer = Buffer.alloc(0);
  readonly #take: (type: string, body: Buffer) => void;
  /** A client's first message has no type. */
  #isUntyped: boolean;

  constructor(from: 'client' | 'server', take: (type: string, body: Buffer) => void) {
    this.#isUntyped = from === 'client';
    this.#take = take;
  }

  push(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const typed = this.#isUntyped ? 0 : 1;
      if (this.#rest.length < typed + 4) return;
      const end = typed + this.#rest.readInt32BE(typed);
      if (this.#rest.length < end) return;
      const type = this.#isUntyped ? 'startup' : this.#rest.toString('latin1', 0, 1);
      const body = this.#rest.subarray(typed + 4, end);
      this.#rest = this.#rest.subarray(end);
      this.#isUntyped = false;
      this.#take(type, body);
    }
  }
}

/** What one session did so far, by what passes its socket (PostgreSQL documentation, "Message Formats"). */
class SessionCounts implements WireCounts {
  application = '';
  roundTrips = 0;
  statements = 0;
  commits = 0;
  readonly byName = new Map<string, number>();
  readonly client = new Messages('client', (type, body) => this.#sent(type, body));
  readonly server = new Messages('server', (type, body) => this.#received(type, body));
  #unanswered = 0;
  #parsed = '';
  #bound = '';

  #sent(type: string, body: Buffer): void {
    switch (type) {
      case 'startup': {
        const fields = body.toString('utf8', 4).split('\0');
        this.application = fields[fields.indexOf('application_name') + 1] ?? '';
        return;
      }
      case 'P':
        this.#parsed = body.toString('utf8').split('\0', 2)[1] ?? '';
        return;
      case 'B': {
        const name = body.toString('utf8').split('\0', 2)[1] ?? '';
        this.#bound = name === '' ? this.#parsed : name;
        return;
      }
      case 'E':
        this.#statement(this.#bound);
        return;
      case 'Q':
        this.#statement(body.toString('utf8', 0, body.length - 1));
        this.#await();
        return;
      case 'S':
        this.#await();
    }
  }

  #statement(name: string): void {
    this.statements += 1;
    this.byName.set(name, (this.byName.get(name) ?? 0) + 1);
  }

  #await(): void {
    if (this.#unanswered === 0) this.roundTrips += 1;
    this.#unanswered += 1;
  }

  #received(type: string, body: Buffer): void {
    if (type === 'C' && body.toString('latin1') === 'COMMIT\0') this.commits += 1;
    // The first one says that the connection is made, and answers nothing.
    if (type === 'Z') this.#unanswered = Math.max(0, this.#unanswered - 1);
  }
}

const socketChannel = 'net.client.socket';

/**
 * Counts on the wire what this process asks of the PostgreSQL that listens on a port. It stands in the client's process rather
 * than between both: only there it is certain what was sent before which answer arrived, whatever else the machine does.
 */
export class WireCounter {
  readonly #port: number;
  readonly #sessions = new Set<SessionCounts>();
  readonly #onSocket: (message: unknown) => void;

  constructor(port: number) {
    this.#port = port;
    this.#onSocket = (message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node documents for this channel
      this.#watch((message as { readonly socket: Socket }).socket);
    };
    subscribe(socketChannel, this.#onSocket);
  }

  /** Watches no further connections. */
  stop(): void {
    unsubscribe(socketChannel, this.#onSocket);
  }

  /** What all sessions of these applications did so far. */
  of(...applications: readonly string[]): WireCounts {
    const sessions = [...this.#sessions].filter(({ application }) => applications.includes(application));
    const sum = (count: (session: SessionCounts) => number) =>
      sessions.reduce((total, session) => total + count(session), 0);
    const names = new Set(sessions.flatMap((session) => [...session.byName.keys()]));
    return {
      roundTrips: sum((session) => session.roundTrips),
      statements: sum((session) => session.statements),
      commits: sum((session) => session.commits),
      byName: new Map([...names].map((name) => [name, sum((session) => session.byName.get(name) ?? 0)])),
    };
  }

  /** What they did since they had done `before`. */
  since(before: WireCounts, ...applications: readonly string[]): WireCounts {
    const { roundTrips, statements, commits, byName } = this.of(...applications);
    const done = [...byName].map(([name, count]) => [name, count - (before.byName.get(name) ?? 0)] as const);
    return {
      roundTrips: roundTrips - before.roundTrips,
      statements: statements - before.statements,
      commits: commits - before.commits,
      byName: new Map(done.filter(([, count]) => count > 0)),
    };
  }

  #watch(socket: Socket): void {
    socket.once('connect', () => {
      if (socket.remotePort !== this.#port) return;
      const session = new SessionCounts();
      this.#sessions.add(session);
      const write = socket.write.bind(socket);
      socket.write = (chunk: string | Uint8Array, ...rest: never[]) => {
        session.client.push(Buffer.from(chunk));
        return write(chunk, ...rest);
      };
      socket.on('data', (chunk: Buffer) => session.server.push(chunk));
    });
  }
}
