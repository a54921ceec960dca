import { within } from '../within.ts';

/** What proves to a broker who we are (RFC 6750). */
export interface BearerToken {
  readonly value: string;
  /** On the wall clock; undefined when whoever handed it out did not say. */
  readonly expiresAtMs: number | undefined;
}

interface BearerTokensOptions {
  /** Gets a new one. May take longer than it should. */
  readonly request: () => Promise<BearerToken>;
  /** Settings that decide on it. */
  readonly settings: readonly string[];
  /** How long that may take. */
  readonly timeoutMs: number;
  /** Of the wall clock. */
  readonly nowMs?: () => number;
}

/** A token is not used for the last of its life: this long before its end, or for the last half when it is short-lived. */
const marginMs = 60_000;

/** Hands out a bearer token, the same one until shortly before it expires. All who ask meanwhile wait for the same request. */
export class BearerTokens {
  readonly #options: Required<BearerTokensOptions>;
  #current: { readonly value: string; readonly goodUntilMs: number } | undefined;
  #requested: Promise<string> | undefined;

  constructor(options: BearerTokensOptions) {
    this.#options = { nowMs: Date.now, ...options };
  }

  get settings(): readonly string[] {
    return this.#options.settings;
  }

  async get(): Promise<string> {
    if (this.#current !== undefined && this.#options.nowMs() < this.#current.goodUntilMs) return this.#current.value;
    this.#requested ??= this.#request().finally(() => (this.#requested = undefined));
    return await this.#requested;
  }

  /** Has the next one who asks get another, after a broker refused this one. */
  forget(value: string): void {
    if (this.#current?.value === value) this.#current = undefined;
  }

  async #request(): Promise<string> {
    const { request, settings, timeoutMs, nowMs } = this.#options;
    const askedAtMs = nowMs();
    const { value, expiresAtMs } = await within(
      { ms: timeoutMs, what: `getting a token by ${settings.join(', ')}` },
      request(),
    );
    // One that does not say how long it lives is used for the connection that it was asked for.
    const lifetimeMs = expiresAtMs === undefined ? 0 : expiresAtMs - askedAtMs;
    this.#current = { value, goodUntilMs: askedAtMs + Math.max(lifetimeMs - marginMs, lifetimeMs / 2) };
    return value;
  }
}
