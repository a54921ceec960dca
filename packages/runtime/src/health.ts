import type { RequestHandler } from './request-handler.ts';

/** Throws or rejects when unhealthy; a text it returns is shown beside "ok". The signal aborts at the timeout. */
export type HealthCheck = (signal: AbortSignal) => Promise<string | void> | string | void;

/** `live`: failing means that only a restart helps. `ready`: failing means that no work should be sent here for now. */
type HealthKind = 'live' | 'ready';

export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
}

const messageLengthMax = 500;

/**
 * Named checks, asked by `/livez` (the live ones) and `/readyz` (all). A check never runs twice at once: requests that come while it runs
 * share its answer, and one that passed its timeout counts as failed until it settles.
 */
export class Health {
  readonly #checks = new Map<string, { readonly kind: HealthKind; readonly probe: Probe }>();
  readonly #checkTimeoutMs: number;
  #isStopping = false;

  constructor(options: { readonly checkTimeoutMs?: number } = {}) {
    this.#checkTimeoutMs = options.checkTimeoutMs ?? 2_000;
  }

  /** @throws Error if the name is taken */
  add(kind: HealthKind, name: string, check: HealthCheck): this {
    if (this.#checks.has(name)) throw new Error(`a health check named ${name} exists already`);
    this.#checks.set(name, { kind, probe: new Probe(check, this.#checkTimeoutMs) });
    return this;
  }

  /** From now on not ready, so that balancers send nothing more. */
  markStopping(): void {
    this.#isStopping = true;
  }

  /** Runs the checks of `live`, or for `ready` all of them. */
  async examine(
    kind: HealthKind,
  ): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, CheckResult>> }> {
    const asked = [...this.#checks].filter(([, check]) => kind === 'ready' || check.kind === 'live');
    const results = await Promise.all(asked.map(async ([name, { probe }]) => [name, await probe.result()] as const));
    const stopping: readonly (readonly [string, CheckResult])[] =
      kind === 'ready' && this.#isStopping ? [['process', { ok: false, message: 'shutting down' }]] : [];
    const checks = [...results, ...stopping];
    return { ok: checks.every(([, { ok }]) => ok), checks: Object.fromEntries(checks) };
  }

  /** Answers `GET /livez` and `GET /readyz`: 200 or 503, with every check and its message as JSON. */
  handler(kind: HealthKind): RequestHandler {
    return async (_request, response) => {
      const report = await this.examine(kind);
      response.statusCode = report.ok ? 200 : 503;
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.setHeader('cache-control', 'no-store');
      response.end(JSON.stringify({ status: report.ok ? 'ok' : 'failing', checks: report.checks }));
    };
  }
}

class Probe {
  readonly #check: HealthCheck;
  readonly #timeoutMs: number;
  /** The answer of the run under way. It stays "no answer" from the timeout until the check settles, so that none piles upon another. */
  #running: Promise<CheckResult> | undefined;

  constructor(check: HealthCheck, timeoutMs: number) {
    this.#check = check;
    this.#timeoutMs = timeoutMs;
  }

  async result(): Promise<CheckResult> {
    this.#running ??= this.#runWithinTimeout();
    return await this.#running;
  }

  async #runWithinTimeout(): Promise<CheckResult> {
    const timeout = new AbortController();
    const missed = Promise.withResolvers<CheckResult>();
    const timer = setTimeout(() => {
      missed.resolve({ ok: false, message: `no answer within ${this.#timeoutMs} ms` });
      timeout.abort();
    }, this.#timeoutMs);
    const settled = this.#settle(timeout.signal).finally(() => {
      clearTimeout(timer);
      this.#running = undefined;
    });
    return await Promise.race([settled, missed.promise]);
  }

  async #settle(signal: AbortSignal): Promise<CheckResult> {
    try {
      return { ok: true, message: bounded((await this.#check(signal)) ?? 'ok') };
    } catch (error) {
      return { ok: false, message: bounded(error instanceof Error ? error.message : String(error)) };
    }
  }
}

function bounded(message: string): string {
  return message.length > messageLengthMax ? `${message.slice(0, messageLengthMax)}…` : message;
}
