import { createPublicKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { portOf } from './tcp-proxy.ts';

/** What the endpoint does with a request that it would grant. A forged token is not signed by the endpoint's key. */
export type TokenMood =
  | { kind: 'grant'; lifetimeS: number; audience: string; forged?: true }
  /** Answers with this status and body. */
  | { kind: 'answer'; status: number; body: string }
  /** Never answers. */
  | { kind: 'silent' };

const keyId = 'test-key';
const issuer = 'daybook-test';

/** Who may have a token. */
export interface TokenClient {
  id: string;
  secret: string;
}

/**
 * An OAuth 2.0 token endpoint on 127.0.0.1, for the client-credentials grant (RFC 6749, section 4.4), with the keys by which others
 * check its tokens (RFC 7517). Its keys are asked for at another port than its tokens, so that the latter can be closed alone.
 */
export class TokenEndpoint {
  static readonly issuer = issuer;
  mood: TokenMood = { kind: 'grant', lifetimeS: 300, audience: 'kafka' };
  /** Every token that was handed out. */
  readonly tokens: string[] = [];
  /** The scope of each request that was granted. */
  readonly scopes: (string | null)[] = [];
  readonly #client: TokenClient;
  readonly #privateKey: KeyObject;
  readonly #keySet: string;
  readonly #tokenServer: Server;
  readonly #keyServer: Server;
  #port = 0;

  private constructor(client: TokenClient) {
    this.#client = client;
    this.#privateKey = newKey();
    const jwk = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    this.#keySet = JSON.stringify({ keys: [{ ...jwk, kid: keyId, use: 'sig', alg: 'RS256' }] });
    this.#tokenServer = createServer((request, response) => void this.#answer(request, response));
    this.#keyServer = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(this.#keySet);
    });
  }

  static async open(client: TokenClient): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint(client);
    await listen(endpoint.#keyServer, 0);
    await listen(endpoint.#tokenServer, 0);
    endpoint.#port = portOf(endpoint.#tokenServer);
    return endpoint;
  }

  get tokenUrl(): string {
    return `http://127.0.0.1:${this.#port}/token`;
  }

  get keysUrl(): string {
    return `http://127.0.0.1:${portOf(this.#keyServer)}/keys`;
  }

  /** Refuses connections for tokens until `resume()`. */
  async pause(): Promise<void> {
    await closeServer(this.#tokenServer);
  }

  async resume(): Promise<void> {
    await listen(this.#tokenServer, this.#port);
  }

  async close(): Promise<void> {
    await Promise.all([closeServer(this.#tokenServer), closeServer(this.#keyServer)]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const reply = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    if (!this.#knows(request.headers.authorization) || form.get('grant_type') !== 'client_credentials') {
      reply(401, '{"error":"invalid_client"}');
      return;
    }
    switch (this.mood.kind) {
      case 'grant': {
        const { lifetimeS } = this.mood;
        const token = this.#sign(this.mood);
        this.tokens.push(token);
        this.scopes.push(form.get('scope'));
        reply(200, JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: Math.max(lifetimeS, 0) }));
        return;
      }
      case 'answer':
        reply(this.mood.status, this.mood.body);
        return;
      case 'silent':
    }
  }

  /** Id and secret are form-encoded before they are joined (RFC 6749, section 2.3.1). */
  #knows(authorization: string | undefined): boolean {
    const encoded = /^Basic (?<pair>.+)$/.exec(authorization ?? '')?.groups?.['pair'] ?? '';
    const pair = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    const [id, secret] = pair.map((part) => new URLSearchParams(`part=${part}`).get('part'));
    return id === this.#client.id && secret === this.#client.secret;
  }

  /** A JSON Web Token (RFC 7519) whose `iat` lies in the past, so that one which has expired could have been valid. */
  #sign({ lifetimeS, audience, forged }: { lifetimeS: number; audience: string; forged?: true }): string {
    const key = forged === undefined ? this.#privateKey : newKey();
    const nowS = Math.floor(Date.now() / 1_000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = [
      part({ alg: 'RS256', typ: 'JWT', kid: keyId }),
      part({
        iss: issuer,
        sub: this.#client.id,
        aud: audience,
        iat: nowS - 3_600,
        exp: nowS + lifetimeS,
        jti: randomUUID(),
        scope: 'publish',
      }),
    ].join('.');
    return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), key).toString('base64url')}`;
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
}

async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host: '127.0.0.1' }, resolve);
  await promise;
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
