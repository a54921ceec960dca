import { createHash, createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessFault } from './access-fault.ts';
import { signIamToken } from './iam-token.ts';

const accessKeyId = 'AKIDEXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const sessionToken = 'a session/token+of=AWS';
const identity = { region: 'eu-west-1', roleArn: undefined, sessionName: undefined };

const hmac = (key: string | Buffer, value: string) => createHmac('sha256', key).update(value).digest();
const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');

/** As RFC 3986 has it, which leaves fewer characters alone than JavaScript. */
const encode = (value: string) =>
  encodeURIComponent(value).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signature Version 4 of a URL, computed anew from AWS's description of it ("Create a signed AWS API request"). */
function signatureOf(url: URL, key: string): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature' && name !== 'User-Agent')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const canonical = ['GET', '/', query, `host:${url.host}\n`, 'host', sha256('')].join('\n');
  const at = url.searchParams.get('X-Amz-Date') ?? '';
  const [, date = '', region = '', service = '', end = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split(
    '/',
  );
  const toSign = ['AWS4-HMAC-SHA256', at, `${date}/${region}/${service}/${end}`, sha256(canonical)].join('\n');
  const signingKey = [region, service, end].reduce<Buffer>(hmac, hmac(`AWS4${key}`, date));
  return hmac(signingKey, toSign).toString('hex');
}

const urlOf = (token: string) => new URL(Buffer.from(token, 'base64url').toString('utf8'));

async function faultOf(as = {}): Promise<AccessFault> {
  const outcome = await signIamToken({ ...identity, ...as }).catch((error: unknown) => error);
  if (!(outcome instanceof AccessFault)) throw new Error('no AccessFault', { cause: outcome });
  return outcome;
}

/** Stands in for AWS's Security Token Service, which hands out credentials of a role. */
async function openTokenService(answer: {
  status: number;
  body: string;
}): Promise<{ server: Server; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const reply = async () => {
      asked.push(await text(request));
      response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
    };
    void reply();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen({ port: 0, host: '127.0.0.1' }, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${address.port}`);
  return { server, asked };
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

beforeEach(() => {
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_WEB_IDENTITY_TOKEN_FILE']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a token for MSK', () => {
  it('is a URL that asks to connect to the Kafka of the region, signed for a quarter of an hour', async () => {
    const askedAtMs = Math.floor(Date.now() / 1_000) * 1_000;
    const { value, expiresAtMs = 0 } = await signIamToken(identity);
    const url = urlOf(value);
    expect(url.origin).toBe('https://kafka.eu-west-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
    });
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(
      new RegExp(`^${accessKeyId}/\\d{8}/eu-west-1/kafka-cluster/aws4_request$`),
    );
    expect(expiresAtMs - askedAtMs).toBeGreaterThanOrEqual(900_000);
    expect(expiresAtMs - askedAtMs).toBeLessThan(910_000);
    expect(url.href).not.toContain(secretAccessKey);
  });

  it.each([undefined, sessionToken])(
    'carries the signature that the secret key gives, with session %s',
    async (session) => {
      vi.stubEnv('AWS_SESSION_TOKEN', session);
      const url = urlOf((await signIamToken(identity)).value);
      expect(url.searchParams.get('X-Amz-Security-Token') ?? undefined).toBe(session);
      expect(url.searchParams.get('X-Amz-Signature')).toBe(signatureOf(url, secretAccessKey));
      expect(url.searchParams.get('X-Amz-Signature')).not.toBe(signatureOf(url, 'another key'));
    },
  );

  it('is signed by the credentials of a role where one is given', async () => {
    const { server, asked } = await openTokenService({
      status: 200,
      body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>AKIDOFROLE</AccessKeyId><SecretAccessKey>key-of-role</SecretAccessKey><SessionToken>of-role</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    });
    const roleArn = 'arn:aws:iam::123456789012:role/daybook';
    const url = urlOf((await signIamToken({ ...identity, roleArn, sessionName: 'relay-1' })).value);
    close(server);
    expect(new URLSearchParams(asked[0]).get('RoleArn')).toBe(roleArn);
    expect(new URLSearchParams(asked[0]).get('RoleSessionName')).toBe('relay-1');
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKIDOFROLE\//);
    expect(url.searchParams.get('X-Amz-Signature')).toBe(signatureOf(url, 'key-of-role'));
  });

  it('is not had without credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const fault = await faultOf();
    expect(fault.message).toContain('no AWS credentials are found; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY');
    expect(fault.mayPass).toBe(false);
  });

  it('is not had where the role is refused', async () => {
    const { server } = await openTokenService({
      status: 403,
      body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
        <Message>no</Message></Error></ErrorResponse>`,
    });
    const fault = await faultOf({ roleArn: 'arn:aws:iam::123456789012:role/other' });
    close(server);
    expect(fault.message).toContain('AWS refuses the relay (AccessDenied); check AWS_ROLE_ARN');
    expect(fault.mayPass).toBe(false);
    expect(fault.cause).toBeUndefined();
  });
});
