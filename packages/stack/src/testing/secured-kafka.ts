import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import type { KafkaListener } from '../kafka-security.ts';
import { startKafka, type StartedKafka } from '../start-kafka.ts';
import { CertificateAuthority, type Identity } from './certificate-authority.ts';
import { TokenEndpoint } from './token-endpoint.ts';

const names = ['tls', 'plain', 'scram', 'oauth'] as const;
const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const oauthLogin = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
const oauthValidator = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler';
const oauthVerifier = 'org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator';

export interface Account {
  name: string;
  password: string;
}

/** One broker with a listener for each kind of security. */
export class SecuredKafka {
  /**
   * Where each listens, as `host:port`. `tls` demands a client certificate; `plain` is SASL PLAIN without TLS; `scram` is SCRAM-SHA-256
   * and SCRAM-SHA-512 over TLS; `oauth` is OAUTHBEARER over TLS, checked by the keys of `tokens`; `open` demands nothing.
   */
  readonly brokers: Record<(typeof names)[number] | 'open', string>;
  /** Whom the broker trusts, and who made its certificate. */
  readonly authority: CertificateAuthority;
  /** A client whom the broker knows by its certificate. */
  readonly client: Identity;
  /** Whom the broker knows by PLAIN and both kinds of SCRAM. */
  readonly account: Account;
  readonly tokens: TokenEndpoint;
  /** The id and secret by which `tokens` hands out tokens. */
  readonly tokenClient: Account;
  readonly #kafka: StartedKafka;
  readonly #folder: string;

  private constructor(parts: Omit<SecuredKafka, 'stop'> & { kafka: StartedKafka; folder: string }) {
    this.brokers = parts.brokers;
    this.authority = parts.authority;
    this.client = parts.client;
    this.account = parts.account;
    this.tokens = parts.tokens;
    this.tokenClient = parts.tokenClient;
    this.#kafka = parts.kafka;
    this.#folder = parts.folder;
  }

  static async start(): Promise<SecuredKafka> {
    const account = { name: 'relay', password: 'the-password-of-the-account' };
    const tokenClient = { name: 'relay-client', password: 'the secret/of+the:client' };
    const folder = mkdtempSync(join(tmpdir(), 'daybook-certificates-'));
    const tokens = await TokenEndpoint.open({ id: tokenClient.name, secret: tokenClient.password });
    try {
      const authority = new CertificateAuthority('Daybook test authority');
      const tls = tlsProperties(folder, authority.cert, authority.forServer('broker'));
      const ports = {
        tls: await freePort(),
        plain: await freePort(),
        scram: await freePort(),
        oauth: await freePort(),
      };
      const kafka = await startKafka({
        security: {
          listeners: listenersOf({ ports, tls, account, tokens }),
          scramUsers: (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map((mechanism) => ({ mechanism, ...account })),
          // Without it Kafka 4 asks no endpoint for keys (KIP-1139).
          systemProperties: { 'org.apache.kafka.sasl.oauthbearer.allowed.urls': tokens.keysUrl },
        },
      });
      const brokers = {
        open: kafka.brokers[0] ?? '',
        tls: `127.0.0.1:${ports.tls}`,
        plain: `127.0.0.1:${ports.plain}`,
        scram: `127.0.0.1:${ports.scram}`,
        oauth: `127.0.0.1:${ports.oauth}`,
      };
      const client = authority.forClient('relay');
      return new SecuredKafka({ brokers, authority, client, account, tokens, tokenClient, kafka, folder });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      await tokens.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#kafka.stop();
    await this.tokens.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function listenersOf(parts: {
  ports: Record<(typeof names)[number], number>;
  tls: Record<string, string>;
  account: Account;
  tokens: TokenEndpoint;
}): KafkaListener[] {
  const { ports, tls, account, tokens } = parts;
  return [
    { name: 'TLS', port: ports.tls, protocol: 'SSL', properties: { ...tls, 'ssl.client.auth': 'required' } },
    {
      name: 'PLAIN',
      port: ports.plain,
      protocol: 'SASL_PLAINTEXT',
      properties: {
        'sasl.enabled.mechanisms': 'PLAIN',
        'plain.sasl.jaas.config': `${plainLogin} required user_${account.name}="${account.password}";`,
      },
    },
    {
      name: 'SCRAM',
      port: ports.scram,
      protocol: 'SASL_SSL',
      properties: {
        ...tls,
        'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
        'scram-sha-256.sasl.jaas.config': `${scramLogin} required;`,
        'scram-sha-512.sasl.jaas.config': `${scramLogin} required;`,
      },
    },
    {
      name: 'OAUTH',
      port: ports.oauth,
      protocol: 'SASL_SSL',
      properties: {
        ...tls,
        'sasl.enabled.mechanisms': 'OAUTHBEARER',
        'oauthbearer.sasl.jaas.config': `${oauthLogin} required;`,
        'oauthbearer.sasl.server.callback.handler.class': oauthValidator,
        // From its end on the broker takes no request on a connection but a new token (KIP-368); so it does at the end of a token's life.
        'oauthbearer.connections.max.reauth.ms': '3600000',
        // Without it Kafka 4.1 only looks at a token's form, and takes one that has expired or that anyone signed.
        'sasl.oauthbearer.jwt.validator.class': oauthVerifier,
        'oauthbearer.sasl.oauthbearer.jwks.endpoint.url': tokens.keysUrl,
        'oauthbearer.sasl.oauthbearer.expected.audience': 'kafka',
        'oauthbearer.sasl.oauthbearer.expected.issuer': TokenEndpoint.issuer,
        'oauthbearer.sasl.oauthbearer.clock.skew.seconds': '0',
      },
    },
  ];
}

/** PEM stores, as Kafka reads them: the key and the certificate in one file. */
function tlsProperties(folder: string, trusted: string, identity: Identity): Record<string, string> {
  const keyStore = join(folder, 'broker.pem');
  const trustStore = join(folder, 'authority.pem');
  writeFileSync(keyStore, `${identity.key}\n${identity.cert}\n`, { mode: 0o600 });
  writeFileSync(trustStore, `${trusted}\n`);
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trustStore,
  };
}
