import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Logger } from '@daybook/runtime';
import { Kafka, logLevel, type Mechanism, type SASLOptions } from 'kafkajs';
import type { KafkaAccess, KafkaLogin } from '../access.ts';
import { speaksTls } from '../refusal.ts';
import { bearerMechanism } from './bearer-mechanism.ts';

const connectTimeoutMs = 5_000;

/**
 * A session that a broker limits is renewed this long before its end. kafkajs would do so 10 s before, so with each request where
 * sessions are shorter, and a broker refuses to renew one twice within a second.
 */
const sessionMarginMs = 2_000;

/** A client of kafkajs whose connections can be cut: its own way to end waits for answers, however long they take. */
export class KafkajsClient {
  readonly kafka: Kafka;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(access: KafkaAccess, logger: Logger) {
    this.kafka = new Kafka({
      brokers: [...access.brokers],
      clientId: access.clientId,
      ...(access.tls !== undefined && { ssl: access.tls }),
      ...(access.login !== undefined && { sasl: saslOf(access.login) }),
      connectionTimeout: connectTimeoutMs,
      authenticationTimeout: connectTimeoutMs,
      requestTimeout: access.requestTimeoutMs,
      reauthenticationThreshold: sessionMarginMs,
      // A leader that moves heals within these; the relay's own loop retries for ever, by lane.
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
      logLevel: logLevel.WARN,
      // What kafkajs calls an error the relay heals from, and says so itself.
      logCreator: () => (entry) => {
        logger.debug({ namespace: entry.namespace, detail: entry.log.message }, 'kafka client');
      },
      socketFactory: ({ host, port, ssl, onConnect }) => this.#track(open({ host, port, ssl, onConnect })),
    });
  }

  /** Cuts all connections for good; whatever waits for an answer fails, and so does whatever connects again. */
  cut(): void {
    this.#isCut = true;
    // With an error, since kafkajs does not listen for the end of a socket that was destroyed without.
    for (const socket of this.#sockets) socket.destroy(new Error('connection cut'));
  }

  #track(socket: Socket): Socket {
    if (this.#isCut) process.nextTick(() => socket.destroy(new Error('connection cut')));
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

function saslOf(login: KafkaLogin): SASLOptions | Mechanism {
  switch (login.mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username: login.username, password: login.password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username: login.username, password: login.password };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username: login.username, password: login.password };
    case 'OAUTHBEARER':
      return bearerMechanism(login.tokens);
  }
}

function open(to: {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | undefined;
  readonly onConnect: () => void;
}): Socket {
  const { host, port, ssl, onConnect } = to;
  const socket =
    ssl === undefined || ssl === null
      ? endAtTls(connectTcp({ host, port }, onConnect))
      : connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect);
  // Without it the last piece of a large request waits for an acknowledgement that the peer delays.
  socket.setNoDelay(true);
  return socket.setKeepAlive(true, 10_000);
}

/**
 * Fails a connection in plain text whose first answer is a TLS alert: two bytes of every TLS record that no answer of Kafka begins with,
 * since they would be the length of one of 350 MB. kafkajs takes them for that and waits for the rest.
 */
function endAtTls(socket: Socket): Socket {
  return socket.once('data', (first: Buffer) => {
    if (first[0] !== 0x15 || first[1] !== 0x03) return;
    socket.destroy(Object.assign(new Error('the answer is a TLS alert'), { code: speaksTls }));
  });
}
