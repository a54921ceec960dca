import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** What the next requests for a path are answered with; `hang` for nothing at all. */
type Answer = 'hang' | { readonly status: number; readonly body: string; readonly location?: string };

export interface TokenOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Which of the keys signs; the newest unless given. */
  readonly alg?: string;
  /** From now; a minute unless given. */
  readonly expiresInSeconds?: number;
}

const discoveryPath = '/.well-known/openid-configuration';
const keysPath = '/keys';

/** An OpenID Connect issuer on 127.0.0.1: its discovery document, its public keys, and tokens signed with the private ones. */
export class IdentityProvider {
  readonly audience = 'ledger';
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  /** By path, instead of the true answer. */
  readonly answers = new Map<string, Answer>();
  #keys: SigningKey[] = [];
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.requests.push(path);
      const answer = this.answers.get(path) ?? { status: 200, body: this.#bodyOf(path) };
      if (answer === 'hang') return;
      const location = answer.location === undefined ? {} : { location: answer.location };
      response.writeHead(answer.status, { 'content-type': 'application/json', ...location }).end(answer.body);
    });
  }

  /** With one key for each algorithm. */
  static async start(algorithms: readonly string[] = ['ES256']): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    await provider.listen();
    await provider.rotate(algorithms);
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get jwksUrl(): string {
    return `${this.issuer}${keysPath}`;
  }

  /** The public key that tokens are signed with now. */
  get publicJwk(): JWK {
    return this.#keyOf(undefined).publicJwk;
  }

  get privateKey(): CryptoKey {
    return this.#keyOf(undefined).privateKey;
  }

  /** Replaces all keys. */
  async rotate(algorithms: readonly string[] = ['ES256']): Promise<void> {
    this.#keys = await Promise.all(algorithms.map(newKey));
  }

  /** A token that would be good but for what the options change. A claim that is undefined is left out. */
  async token({ claims = {}, alg, expiresInSeconds = 60 }: TokenOptions = {}): Promise<string> {
    const key = this.#keyOf(alg);
    const exp = Math.floor(Date.now() / 1_000) + expiresInSeconds;
    const given = { iss: this.issuer, aud: this.audience, sub: 'someone', exp, ...claims };
    return await new SignJWT(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ alg: key.alg, kid: key.kid })
      .sign(key.privateKey);
  }

  /** Where it did before, if it did. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has an address of this kind
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Listens no more, until `listen`. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #keyOf(alg: string | undefined): SigningKey {
    const key = this.#keys.find((known) => alg === undefined || known.alg === alg);
    if (key === undefined) throw new Error(`no key for ${alg}`);
    return key;
  }

  #bodyOf(path: string): string {
    switch (path) {
      case discoveryPath:
        return JSON.stringify({ issuer: this.issuer, jwks_uri: this.jwksUrl });
      case keysPath:
        return JSON.stringify({ keys: this.#keys.map(({ publicJwk }) => publicJwk) });
      default:
        return '{}';
    }
  }
}

let keyCount = 0;

async function newKey(alg: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  keyCount += 1;
  const kid = `key-${keyCount}`;
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}
