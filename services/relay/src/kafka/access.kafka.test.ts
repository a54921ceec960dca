import { randomUUID } from 'node:crypto';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { CertificateAuthority, eventually, readWholeTopic, SecuredKafka } from '@daybook/stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientLibraries, type ClientLibraryName } from '../kafka-client.ts';
import { RelayProcess } from '../../test-fixtures/relay-process.ts';

type Variables = Readonly<Record<string, string>>;

const wrongPassword = 'not-the-password';
const accessKey = 'the-secret-access-key';

let kafka: SecuredKafka;
let database: OutboxDatabase;
let stranger: CertificateAuthority;
let topic: string;
let processes: RelayProcess[];
let library: ClientLibraryName;

const tlsTo = (): Variables => ({ PUBLISHER_KAFKA_TLS_ENABLED: 'true', PUBLISHER_KAFKA_TLS_CA: kafka.authority.cert });

const withClient = (): Variables => ({
  PUBLISHER_KAFKA_BROKER: kafka.brokers.tls,
  ...tlsTo(),
  PUBLISHER_KAFKA_TLS_CERT: kafka.client.cert,
  PUBLISHER_KAFKA_TLS_KEY: kafka.client.key,
});

const withAccount = (mechanism: string): Variables => ({
  PUBLISHER_KAFKA_SASL_ENABLED: 'true',
  PUBLISHER_KAFKA_SASL_MECHANISM: mechanism,
  PUBLISHER_KAFKA_SASL_USERNAME: kafka.account.name,
  PUBLISHER_KAFKA_SASL_PASSWORD: kafka.account.password,
});

const byPlain = (): Variables => ({ PUBLISHER_KAFKA_BROKER: kafka.brokers.plain, ...withAccount('PLAIN') });

const byScram = (size: '256' | '512'): Variables => ({
  PUBLISHER_KAFKA_BROKER: kafka.brokers.scram,
  ...tlsTo(),
  ...withAccount(`SCRAM-SHA-${size}`),
});

const bearer = (): Variables => ({
  PUBLISHER_KAFKA_BROKER: kafka.brokers.oauth,
  ...tlsTo(),
  PUBLISHER_KAFKA_SASL_ENABLED: 'true',
  PUBLISHER_KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
});

const byOAuth = (): Variables => ({
  ...bearer(),
  PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL: kafka.tokens.tokenUrl,
  PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID: kafka.tokenClient.name,
  PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET: kafka.tokenClient.password,
  PUBLISHER_KAFKA_SASL_OAUTH_SCOPE: 'publish',
});

const byIam = (): Variables => ({
  ...bearer(),
  PUBLISHER_KAFKA_SASL_IAM_ENABLED: 'true',
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});

function startRelay(variables: Variables): RelayProcess {
  const relay = RelayProcess.start({
    DATABASE_URL: database.relayUrl,
    PUBLISHER_KAFKA_ENABLED: 'true',
    PUBLISHER_KAFKA_CLIENT: library,
    PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
    RELAY_RETRY_MAX_MS: '200',
    ...variables,
  });
  processes.push(relay);
  return relay;
}

/** What no output may show: whole secrets, as they are and as they go over the wire, and any line of a key. */
function secretsIn(output: string): readonly string[] {
  const { account, tokenClient, client, tokens } = kafka;
  const basic = Buffer.from(`${tokenClient.name}:${tokenClient.password}`).toString('base64');
  const keyLines = client.key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const secrets = [
    account.password,
    wrongPassword,
    tokenClient.password,
    basic,
    accessKey,
    ...tokens.tokens,
    ...keyLines,
  ];
  return secrets.filter((secret) =>
    [secret, encodeURIComponent(secret), formEncoded(secret)].some((form) => output.includes(form)),
  );
}

const formEncoded = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length);

async function publishedRows(): Promise<number> {
  return (await readWholeTopic([kafka.brokers.open], topic)).length;
}

beforeAll(async () => {
  stranger = new CertificateAuthority('Someone else');
  kafka = await SecuredKafka.start();
  database = await OutboxDatabase.create();
});

afterAll(async () => {
  await database.drop();
  await kafka.stop();
});

beforeEach(async () => {
  topic = `test-${randomUUID()}`;
  processes = [];
  kafka.tokens.mood = { kind: 'grant', lifetimeS: 300, audience: 'kafka' };
});

afterEach(async () => {
  for (const relay of processes) await relay.kill();
});

it('a secret in an output is found, in each form that it goes over the wire', () => {
  const { password } = kafka.tokenClient;
  expect(secretsIn(`{"msg":"${kafka.account.password}"}`)).toEqual([kafka.account.password]);
  expect(secretsIn(`${formEncoded(password)} ${encodeURIComponent(password)}`)).toEqual([password]);
  const line = kafka.client.key.split('\n')[5] ?? '';
  expect(secretsIn(`a key: ${line}`)).toEqual([line]);
  expect(secretsIn('nothing')).toEqual([]);
});

describe.each(clientLibraries)('by %s', (given) => {
  beforeEach(() => {
    library = given;
  });

  describe('the relay publishes', () => {
    it.each<{ by: string; variables: () => Variables }>([
      { by: 'TLS with a client certificate', variables: withClient },
      { by: 'SASL PLAIN', variables: byPlain },
      { by: 'SCRAM-SHA-256 over TLS', variables: () => byScram('256') },
      { by: 'SCRAM-SHA-512 over TLS', variables: () => byScram('512') },
      { by: 'OAUTHBEARER over TLS', variables: byOAuth },
    ])('by $by', async ({ variables }) => {
      const relay = startRelay(variables());
      await database.write(1, 3);
      await eventually(async () => (await publishedRows()) >= 3, { what: 'the rows in the topic', withinMs: 30_000 });
      expect(await relay.stop()).toBe(0);
      expect(secretsIn(relay.output)).toEqual([]);
    });
  });

  describe('the start ends with exit code 1 and names the settings', () => {
    it.each<{ because: string; variables: () => Variables; names: readonly string[] }>([
      {
        because: 'the password for PLAIN is wrong',
        variables: () => ({ ...byPlain(), PUBLISHER_KAFKA_SASL_PASSWORD: wrongPassword }),
        names: ['PUBLISHER_KAFKA_SASL_USERNAME', 'PUBLISHER_KAFKA_SASL_PASSWORD'],
      },
      {
        because: 'the password for SCRAM-SHA-256 is wrong',
        variables: () => ({ ...byScram('256'), PUBLISHER_KAFKA_SASL_PASSWORD: wrongPassword }),
        names: ['PUBLISHER_KAFKA_SASL_PASSWORD'],
      },
      {
        because: 'the password for SCRAM-SHA-512 is wrong',
        variables: () => ({ ...byScram('512'), PUBLISHER_KAFKA_SASL_PASSWORD: wrongPassword }),
        names: ['PUBLISHER_KAFKA_SASL_PASSWORD'],
      },
      {
        because: 'the user is unknown',
        variables: () => ({ ...byScram('512'), PUBLISHER_KAFKA_SASL_USERNAME: 'nobody' }),
        names: ['PUBLISHER_KAFKA_SASL_USERNAME'],
      },
      {
        because: 'the broker takes another mechanism',
        variables: () => ({ ...byPlain(), PUBLISHER_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' }),
        names: ['PUBLISHER_KAFKA_SASL_MECHANISM'],
      },
      {
        because: 'the broker wants no SASL',
        variables: () => ({ ...byPlain(), PUBLISHER_KAFKA_BROKER: kafka.brokers.open }),
        names: ['PUBLISHER_KAFKA_SASL_ENABLED'],
      },
      {
        because: 'another authority is trusted',
        variables: () => ({ ...withClient(), PUBLISHER_KAFKA_TLS_CA: stranger.cert }),
        names: ['PUBLISHER_KAFKA_TLS_CA'],
      },
      {
        because: 'only the authorities of the system are trusted',
        variables: () => ({ ...withClient(), PUBLISHER_KAFKA_TLS_CA: '' }),
        names: ['PUBLISHER_KAFKA_TLS_CA'],
      },
      {
        because: "the broker's certificate is for another name",
        variables: () => ({ ...withClient(), PUBLISHER_KAFKA_TLS_SERVER_NAME: 'kafka.example' }),
        names: ['PUBLISHER_KAFKA_TLS_SERVER_NAME'],
      },
      {
        because: 'a client certificate is demanded and none is given',
        variables: () => ({ PUBLISHER_KAFKA_BROKER: kafka.brokers.tls, ...tlsTo() }),
        names: ['PUBLISHER_KAFKA_TLS_CERT', 'PUBLISHER_KAFKA_TLS_KEY'],
      },
      {
        because: "the client's certificate is of an authority that the broker does not trust",
        variables: () => {
          const { cert, key } = stranger.forClient('relay');
          return { ...withClient(), PUBLISHER_KAFKA_TLS_CERT: cert, PUBLISHER_KAFKA_TLS_KEY: key };
        },
        names: ['PUBLISHER_KAFKA_TLS_CERT', 'PUBLISHER_KAFKA_TLS_KEY'],
      },
      {
        because: 'the key is not that of the certificate',
        variables: () => ({ ...withClient(), PUBLISHER_KAFKA_TLS_CERT: stranger.forClient('relay').cert }),
        names: ['PUBLISHER_KAFKA_TLS_CERT', 'PUBLISHER_KAFKA_TLS_KEY'],
      },
      {
        because: 'the broker speaks TLS and the relay does not',
        variables: () => ({ PUBLISHER_KAFKA_BROKER: kafka.brokers.tls }),
        names: ['PUBLISHER_KAFKA_TLS_ENABLED'],
      },
      {
        because: 'the token endpoint knows another secret',
        variables: () => ({ ...byOAuth(), PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET: wrongPassword }),
        names: ['PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID', 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET'],
      },
      {
        because: 'the token endpoint refuses, and repeats what it was sent',
        variables: () => {
          const { password } = kafka.tokenClient;
          const body = JSON.stringify({ error: 'invalid_scope', error_description: `no scope for ${password}` });
          kafka.tokens.mood = { kind: 'answer', status: 400, body };
          return byOAuth();
        },
        names: ['PUBLISHER_KAFKA_SASL_OAUTH_SCOPE'],
      },
      {
        because: 'the token has expired',
        variables: () => {
          kafka.tokens.mood = { kind: 'grant', lifetimeS: -60, audience: 'kafka' };
          return byOAuth();
        },
        names: ['the broker refuses the token', 'PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL'],
      },
      {
        because: 'the token is for another audience',
        variables: () => {
          kafka.tokens.mood = { kind: 'grant', lifetimeS: 300, audience: 'someone-else' };
          return byOAuth();
        },
        names: ['the broker refuses the token', 'PUBLISHER_KAFKA_SASL_OAUTH_SCOPE'],
      },
      {
        because: 'the token is signed by someone else',
        variables: () => {
          kafka.tokens.mood = { kind: 'grant', lifetimeS: 300, audience: 'kafka', forged: true };
          return byOAuth();
        },
        names: ['the broker refuses the token', 'PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL'],
      },
      {
        because: 'there are no credentials of AWS',
        variables: byIam,
        names: ['no AWS credentials are found', 'AWS_ACCESS_KEY_ID'],
      },
      {
        because: 'a broker refuses a token that was signed for MSK',
        variables: () => ({ ...byIam(), AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: accessKey }),
        names: ['the broker refuses the token', 'AWS_REGION', 'AWS_ROLE_ARN'],
      },
    ])('when $because', async ({ variables, names }) => {
      const relay = startRelay(variables());
      expect(await relay.ended()).toBe(1);
      const line = relay.output.split('\n').find((text) => text.includes('"level":"fatal"'));
      for (const name of names) expect(line).toContain(name);
      expect(secretsIn(relay.output)).toEqual([]);
    });
  });

  describe('the relay waits, and says what may be at fault,', () => {
    it.each<{ because: string; variables: () => Variables; names: string }>([
      {
        because: 'when it speaks TLS and the broker closes the connection',
        variables: () => ({ ...tlsTo(), PUBLISHER_KAFKA_BROKER: kafka.brokers.open }),
        names: 'PUBLISHER_KAFKA_TLS_ENABLED',
      },
      {
        because: 'when it uses no SASL and the broker closes the connection',
        variables: () => ({ PUBLISHER_KAFKA_BROKER: kafka.brokers.plain }),
        names: 'PUBLISHER_KAFKA_SASL_ENABLED',
      },
    ])('$because', async ({ variables, names }) => {
      const relay = startRelay(variables());
      await relay.says(names);
      expect(relay.output).toContain('Kafka cannot be reached yet, retrying');
      expect(relay.isRunning).toBe(true);
      expect(secretsIn(relay.output)).toEqual([]);
    });

    it('while the token endpoint is away, and publishes when it is back', async () => {
      await kafka.tokens.pause();
      const relay = startRelay(byOAuth());
      await relay.says(
        'the token endpoint cannot be reached (ECONNREFUSED); check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL',
      );
      await kafka.tokens.resume();
      await database.write(2, 3);
      await eventually(async () => (await publishedRows()) >= 3, { what: 'the rows in the topic', withinMs: 30_000 });
      expect(await relay.stop()).toBe(0);
      expect(secretsIn(relay.output)).toEqual([]);
    });

    it('while the token endpoint is overloaded, and publishes when it is not', async () => {
      kafka.tokens.mood = { kind: 'answer', status: 503, body: 'later' };
      const relay = startRelay(byOAuth());
      await relay.says('the token endpoint answers with status 503; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL');
      kafka.tokens.mood = { kind: 'grant', lifetimeS: 300, audience: 'kafka' };
      await database.write(3, 3);
      await eventually(async () => (await publishedRows()) >= 3, { what: 'the rows in the topic', withinMs: 30_000 });
      expect(await relay.stop()).toBe(0);
      expect(secretsIn(relay.output)).toEqual([]);
    });
  });

  describe('a relay that runs', () => {
    it('has a new token before the old one ends, and holds its lanes while it is refused one', async () => {
      kafka.tokens.mood = { kind: 'grant', lifetimeS: 6, audience: 'kafka' };
      const before = kafka.tokens.tokens.length;
      const relay = startRelay(byOAuth());
      let rows = 0;
      const writeUntil = async (what: string, isSo: () => boolean) => {
        const probe = async () => {
          await database.write(4, 1);
          rows += 1;
          return isSo();
        };
        await eventually(probe, { what, withinMs: 30_000, pollMs: 100 });
      };
      const allPublished = async () => {
        await eventually(async () => (await publishedRows()) >= rows, { what: 'all rows', withinMs: 30_000 });
      };
      await writeUntil('a third token', () => kafka.tokens.tokens.length >= before + 3);
      await allPublished();
      expect(relay.output).not.toContain('publishing held back');

      kafka.tokens.mood = { kind: 'answer', status: 401, body: '{"error":"invalid_client"}' };
      await writeUntil('lanes that are held', () => relay.output.includes('publishing held back'));
      const line = relay.output.split('\n').find((text) => text.includes('publishing held back'));
      expect(line).toContain('PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET');
      expect(line).toContain('"level":"error"');

      kafka.tokens.mood = { kind: 'grant', lifetimeS: 300, audience: 'kafka' };
      await allPublished();
      await relay.says('publishing goes on');
      expect(await relay.stop()).toBe(0);
      expect(secretsIn(relay.output)).toEqual([]);
    });
  });
});
