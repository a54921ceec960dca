import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { delay } from '@daybook/runtime';
import type { Failure, OutgoingRecord, Outcome, Publisher, Settle } from '../publisher.ts';
import { Turns } from '../turns.ts';
import { connectTo } from './connect-to.ts';
import { Destination } from './destination.ts';
import { failureOfError, outcomeOfAnswer } from './outcome.ts';
import { post } from './post.ts';
import { hasDotSegment, type UrlTargets } from './url-targets.ts';

interface HttpPublisherOptions {
  readonly urls: Pick<UrlTargets, 'origins' | 'authorizationOf'>;
  /** How long one request may take. */
  readonly sendTimeoutMs: number;
  /** The longest that a receiver may ask to be left alone by Retry-After. */
  readonly restMaxMs: number;
}

/** How many requests may be in flight to one URL. */
const requestsPerUrlMax = 16;

/** How many to one origin, so that one URL that hangs leaves connections to the others there. */
const requestsPerOriginMax = 64;

/**
 * How long the caller is kept for records that are not settled yet. Those with many records for one key take longer, and what the caller
 * gives next may be for others.
 */
const patienceMs = 100;

/** How long an answer proves that an origin can be reached. */
const proofMs = 5_000;

/** With {ledger} in a URL there may be as many as ledgers; what is remembered of those that are idle is worth little. */
const destinationsMax = 10_000;

/**
 * Publishes over HTTP: the topic is a URL, and each record one POST, as v1 does it. Records of one topic and key go one after another,
 * each after the answer to the one before; others at the same time, up to a bound for each URL and each origin.
 */
export class HttpPublisher implements Publisher {
  readonly #options: HttpPublisherOptions;
  readonly #destinations = new Map<string, Destination>();
  readonly #turns = new Map<string, Turns>();
  /** Until when a URL wants to be left alone, on the monotonic clock. */
  readonly #restsUntilMs = new Map<string, number>();
  readonly #provedAtMs = new Map<string, number>();
  readonly #agents = {
    'http:': new Agent({ keepAlive: true, maxSockets: requestsPerOriginMax }),
    'https:': new TlsAgent({ keepAlive: true, maxSockets: requestsPerOriginMax }),
  };
  readonly #stopping = new AbortController();

  constructor(options: HttpPublisherOptions) {
    this.#options = options;
  }

  async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const settled = Promise.withResolvers<void>();
    const over = new AbortController();
    // Nobody waits for a URL that failed the last time.
    const destinations = records.map(({ topic }) => this.#destinationOf(topic));
    const awaited = destinations.map(({ failure }) => failure === undefined);
    let left = awaited.filter(Boolean).length;
    if (left === 0) settled.resolve();
    for (const [index, record] of records.entries()) {
      const onSettled = (outcome: Outcome) => {
        settle([record], outcome);
        if (awaited[index] === true && (left -= 1) === 0) settled.resolve();
      };
      destinations[index]?.give({ record, settle: onSettled });
    }
    await Promise.race([settled.promise, delay(patienceMs, over.signal)]);
    over.abort();
  }

  async check(): Promise<Failure | undefined> {
    const failures = await Promise.all(this.#options.urls.origins.map(async (origin) => this.#checkOrigin(origin)));
    return failures.find((failure) => failure !== undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#destinations.values()].map(async (destination) => destination.settled()));
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Opens a connection, and closes it again: there is no request that any receiver is sure to understand. */
  async #checkOrigin(origin: string): Promise<Failure | undefined> {
    if (performance.now() - (this.#provedAtMs.get(origin) ?? -Infinity) < proofMs) return undefined;
    try {
      await connectTo(new URL(origin), { timeoutMs: this.#options.sendTimeoutMs, signal: this.#stopping.signal });
      this.#provedAtMs.set(origin, performance.now());
      return undefined;
    } catch (error) {
      return failureOfError(origin, error);
    }
  }

  #destinationOf(topic: string): Destination {
    const known = this.#destinations.get(topic);
    if (known !== undefined) return known;
    if (this.#destinations.size >= destinationsMax) {
      for (const [url, { isIdle }] of this.#destinations) if (isIdle) this.#destinations.delete(url);
    }
    const url = URL.parse(topic);
    const destination = new Destination({
      requestsMax: requestsPerUrlMax,
      send: async (record) => {
        if (url === null) return refused(`${topic} is not a URL, as PUBLISHER_HTTP_ENABLED wants topics to be`);
        if (hasDotSegment(topic)) return refused(`${topic} has . or .. in its path, which makes another URL of it`);
        return await this.#send(url, record);
      },
    });
    this.#destinations.set(topic, destination);
    return destination;
  }

  async #send(url: URL, record: OutgoingRecord): Promise<Outcome> {
    const { topic } = record;
    const rest = (this.#restsUntilMs.get(topic) ?? 0) - performance.now();
    if (rest > 0) await delay(rest, this.#stopping.signal);
    try {
      const answer = await this.#turnsOf(url.origin).take(async () => this.#post(url, record));
      this.#provedAtMs.set(url.origin, performance.now());
      const outcome = outcomeOfAnswer(topic, answer);
      this.#noteRest(topic, outcome.kind === 'retry' ? answer.retryAfterMs : undefined);
      return outcome;
    } catch (error) {
      this.#provedAtMs.delete(url.origin);
      return failureOfError(topic, error);
    }
  }

  async #post(url: URL, record: OutgoingRecord): ReturnType<typeof post> {
    return await post(record, {
      url,
      authorization: this.#options.urls.authorizationOf(url.origin),
      agent: this.#agents[url.protocol === 'https:' ? 'https:' : 'http:'],
      timeoutMs: this.#options.sendTimeoutMs,
      signal: this.#stopping.signal,
    });
  }

  #noteRest(topic: string, retryAfterMs: number | undefined): void {
    if (retryAfterMs === undefined) {
      this.#restsUntilMs.delete(topic);
      return;
    }
    if (this.#restsUntilMs.size >= destinationsMax) this.#restsUntilMs.clear();
    this.#restsUntilMs.set(topic, performance.now() + Math.min(retryAfterMs, this.#options.restMaxMs));
  }

  #turnsOf(origin: string): Turns {
    const turns = this.#turns.get(origin) ?? new Turns(requestsPerOriginMax);
    this.#turns.set(origin, turns);
    return turns;
  }
}

function refused(why: string): Outcome {
  return { kind: 'poison', error: new Error(why) };
}
