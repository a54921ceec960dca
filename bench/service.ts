import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@daybook/stack';
import { BenchmarkProcess } from './benchmark-process.ts';
import { readMetrics, type Metrics } from './metrics.ts';
import type { Stops } from './stops.ts';

const readyWithinMs = 60_000;
const readyPollMs = 20;

/** One of our services as a process, run from its sources unless told otherwise, with the flags of Node and the environment that its image has. */
export class Service {
  readonly url: string;
  readonly #process: BenchmarkProcess;
  readonly #name: string;

  private constructor(name: string, url: string, child: BenchmarkProcess) {
    this.#name = name;
    this.url = url;
    this.#process = child;
  }

  /** Starts a service and waits until it is ready. */
  static async start(...options: Parameters<typeof Service.launch>): Promise<Service> {
    const service = await Service.launch(...options);
    await service.ready();
    return service;
  }

  /** Starts a service and does not wait for it. */
  static async launch(
    name: 'ledger' | 'relay',
    env: Readonly<Record<string, string>>,
    stops: Stops,
    nodeArguments: readonly string[] = [],
    main = `services/${name}/src/main.ts`,
  ): Promise<Service> {
    const bind = `127.0.0.1:${await freePort()}`;
    const image = readImage(name);
    const child = new BenchmarkProcess(main, {
      args: ['serve'],
      nodeArguments: [...image.flags, ...nodeArguments],
      env: { ...image.env, LOG_LEVEL: 'warn', ...env, HTTP_BIND: bind },
    });
    stops.add(async () => child.stop());
    return new Service(name, `http://${bind}`, child);
  }

  async metrics(): Promise<Metrics> {
    const response = await fetch(`${this.url}/metrics`, { headers: { connection: 'close' } });
    if (!response.ok) throw new Error(`the ${this.#name} answered /metrics with ${response.status}`);
    return readMetrics(await response.text());
  }

  /** CPU seconds that the process has used up to now. */
  async cpuSeconds(): Promise<number> {
    return (await this.metrics()).total('process_cpu_seconds_total');
  }

  /** @throws Error when the process has ended. */
  check(): void {
    if (!this.#process.isRunning) throw new Error(`the ${this.#name} ended during the run`);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<void> {
    const deadline = performance.now() + readyWithinMs;
    while (!(await this.#answersReady())) {
      if (!this.#process.isRunning) throw new Error(`the ${this.#name} ended while starting`);
      if (performance.now() > deadline) throw new Error(`the ${this.#name} was not ready after ${readyWithinMs} ms`);
      await delay(readyPollMs);
    }
  }

  async #answersReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`, { headers: { connection: 'close' } }).then(
      async (response) => {
        await response.body?.cancel();
        return response.ok;
      },
      () => false,
    );
  }
}

/** Brings a database to the current schema by the ledger's own command. */
export async function migrate(databaseUrl: string, stops: Stops): Promise<void> {
  const child = new BenchmarkProcess('services/ledger/src/main.ts', {
    args: ['migrate'],
    env: { LOG_LEVEL: 'warn', DATABASE_URL: databaseUrl },
  });
  const stop = stops.add(async () => child.stop());
  const end = await child.ended();
  await stop();
  if (end !== 'exit code 0') throw new Error(`ledger migrate ended with ${end}`);
}

/** What an image starts Node with. */
function readImage(name: 'ledger' | 'relay'): { readonly flags: string[]; readonly env: Record<string, string> } {
  const text = readFileSync(new URL(`../services/${name}/Dockerfile`, import.meta.url), 'utf8');
  const words: unknown = JSON.parse(/^ENTRYPOINT (?<words>\[.*\])$/m.exec(text)?.groups?.['words'] ?? '[]');
  const flags = Array.isArray(words) ? words.map(String).filter((word) => word.startsWith('--')) : [];
  if (flags.length === 0) throw new Error(`services/${name}/Dockerfile names no flags of Node in its ENTRYPOINT`);
  const pairs = text.matchAll(/^ENV (?<pairs>.+)$/gm).flatMap(({ groups }) => groups?.['pairs']?.split(' ') ?? []);
  return { flags, env: Object.fromEntries(pairs.map((pair) => pair.split('=', 2))) };
}
