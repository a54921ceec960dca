import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startPostgres, type StartedPostgres } from '../../packages/stack/src/index.ts';
import { eventually, HttpReceiver, SecuredKafka, TraceReceiver } from '../../packages/stack/src/testing/index.ts';
import { bundle, services, type Service } from '../../scripts/bundle.ts';

// Bundles run from a folder of their own, as in an image: without the repository's migrations and packages above them.
const folder = mkdtempSync(join(tmpdir(), 'daybook-bundle-'));
const processes = new Set<ChildProcess>();
let postgres: StartedPostgres;

beforeAll(async () => {
  const started = startPostgres();
  for (const service of services) {
    const built = await bundle(service);
    cpSync(built.folder, join(folder, service), { recursive: true });
  }
  postgres = await started;
});

afterEach(() => {
  for (const child of processes) child.kill('SIGKILL');
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await postgres.stop();
});

test.for(services)('the bundle of the %s prints its help', async (service) => {
  const { exitCode, output } = await runToEnd(service, ['--help']);
  expect(output).toContain(`Usage: ${service}`);
  expect(exitCode).toBe(0);
});

test('the bundles migrate, become ready, take a write, and end at SIGTERM', async () => {
  const databaseUrl = postgres.databaseUrl;
  const migrated = await runToEnd('ledger', ['migrate'], { DATABASE_URL: databaseUrl, MIGRATE_ROLES: 'daybook' });
  expect(migrated.output).toContain('0001_ledger-and-outbox');
  expect(migrated.output).toContain('daybook_outbox');
  expect(migrated.exitCode).toBe(0);

  const ledger = new ServedBundle('ledger', { DATABASE_URL: databaseUrl });
  const relay = new ServedBundle('relay', { DATABASE_URL: databaseUrl, PUBLISHER_KAFKA_ENABLED: 'false' });
  await ledger.ready();
  await relay.ready();

  const written = await fetch(`${await ledger.url()}/quickstart/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 100, asset: 'USD' }] }),
  });
  expect(await written.json()).toMatchObject({ data: [{ txid: 0 }] });
  for (const path of ['openapi.json', 'swagger.yaml', 'docs', 'docs/swagger-ui.css', 'docs/swagger-ui-bundle.js']) {
    const answer = await fetch(`${await ledger.url()}/${path}`);
    expect([path, answer.status, (await answer.text()).length > 500]).toEqual([path, 200, true]);
  }
  expect(await relay.stop()).toBe(0);
  expect(await ledger.stop()).toBe(0);
});

test('the bundle of the ledger starts itself again as its workers', async () => {
  const env = { DATABASE_URL: postgres.databaseUrl, MIGRATE_ON_START: 'true', LEDGER_PROCESSES: '2' };
  const ledger = new ServedBundle('ledger', env);
  await ledger.ready();
  const page = await eventually(
    async () => {
      const shown = await (await fetch(`${await ledger.url()}/metrics`)).text();
      return shown.includes('process_cpu_seconds_total{service="ledger",worker="2"}') ? shown : undefined;
    },
    { what: 'both workers in /metrics', withinMs: 30_000 },
  );
  expect(page.match(/^process_cpu_seconds_total\{.*worker="(?:1|2|parent)"/gm)).toHaveLength(3);
  expect(await ledger.stop()).toBe(0);
});

test('the bundles load what sends traces: from the request by its event to the sending of its record', async () => {
  const databaseUrl = postgres.databaseUrl;
  const traces = await TraceReceiver.start();
  const records = await HttpReceiver.start();
  const env = { DATABASE_URL: databaseUrl, OTEL_EXPORTER_OTLP_ENDPOINT: traces.url };
  const ledger = new ServedBundle('ledger', { ...env, MIGRATE_ON_START: 'true' });
  const relay = new ServedBundle('relay', {
    ...env,
    OTEL_SERVICE_NAME: 'the-relay',
    PUBLISHER_HTTP_ENABLED: 'true',
    PUBLISHER_TOPIC_MAPPING: `*:${records.origin}/events`,
  });
  try {
    await ledger.ready();
    await relay.ready();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await fetch(`${await ledger.url()}/traced/transactions`, {
      method: 'POST',
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
      body: JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 100, asset: 'USD' }] }),
    });
    const ofTrace = () => records.records.find(({ headers }) => String(headers['traceparent']).includes(trace));
    await eventually(() => ofTrace() !== undefined, { what: 'the record' });
    // Spans wait five seconds for others; a stop sends them at once.
    expect(await relay.stop()).toBe(0);
    expect(await ledger.stop()).toBe(0);
    const [request] = traces.named('POST /:ledger/transactions');
    expect(request).toMatchObject({ service: 'daybook-ledger', kind: 'server', traceId: trace });
    expect(traces.named('batch')).toMatchObject([{ traceId: trace, parentSpanId: request?.spanId }]);
    expect(ofTrace()?.headers['traceparent']).toBe(`00-${trace}-${request?.spanId}-01`);
    const sent = traces
      .named('send')
      .flatMap(({ service, kind, links }) => links.map((link) => ({ service, kind, ...link })));
    expect(sent).toContainEqual({ service: 'the-relay', kind: 'producer', traceId: trace, spanId: request?.spanId });
  } finally {
    await traces.stop();
    await records.goAway();
  }
});

test('the bundle of the relay loads what signs tokens for MSK, and what asks for tokens by OAuth', async () => {
  const kafka = await SecuredKafka.start();
  try {
    const env = {
      DATABASE_URL: postgres.databaseUrl,
      HTTP_BIND: '127.0.0.1:0',
      PUBLISHER_TOPIC_MAPPING: '*:default',
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: kafka.brokers.oauth,
      PUBLISHER_KAFKA_TLS_ENABLED: 'true',
      PUBLISHER_KAFKA_TLS_CA: kafka.authority.cert,
      PUBLISHER_KAFKA_SASL_ENABLED: 'true',
      PUBLISHER_KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    };
    const byIam = await runToEnd('relay', ['serve'], {
      ...env,
      PUBLISHER_KAFKA_SASL_IAM_ENABLED: 'true',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    });
    // It is no MSK, so it is right to refuse.
    expect(byIam.output).toContain('the broker refuses the token');
    const byOAuth = await runToEnd('relay', ['serve'], {
      ...env,
      PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL: kafka.tokens.tokenUrl,
      PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID: kafka.tokenClient.name,
      PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET: 'wrong',
    });
    expect(byOAuth.output).toContain('with status 401 and invalid_client');
  } finally {
    await kafka.stop();
  }
});

test.for(services)('what the bundle of the %s runs is ASCII, which V8 keeps at a byte a letter', (service) => {
  const files = readdirSync(join(folder, service)).filter((name) => name.endsWith('.js'));
  expect(files).toContain('main.js');
  const others = files.filter((name) => readFileSync(join(folder, service, name)).some((byte) => byte > 0x7f));
  expect(others).toEqual([]);
});

test('what signs tokens for MSK is not in what the relay loads at its start', () => {
  const signing = (name: string) => readFileSync(join(folder, 'relay', name), 'utf8').includes('AWS4-HMAC-SHA256');
  const files = readdirSync(join(folder, 'relay')).filter((name) => name.endsWith('.js'));
  expect(files.filter(signing)).not.toEqual([]);
  expect(signing('main.js')).toBe(false);
});

test('a bundle carries its migrations, the page of its API and the licences of what is in it', () => {
  const migrations = readdirSync(join(folder, 'ledger', 'migrations'));
  expect(migrations).toEqual(readdirSync('migrations').filter((name) => name.endsWith('.sql')));
  expect(readdirSync(join(folder, 'ledger', 'swagger-ui'))).toContain('swagger-ui-bundle.js');
  expect(readFileSync(join(folder, 'ledger', 'THIRD-PARTY-NOTICES'), 'utf8')).toMatch(
    /^swagger-ui-dist \d.*\(Apache-2\.0\)$/m,
  );
  const notices = readFileSync(join(folder, 'relay', 'THIRD-PARTY-NOTICES'), 'utf8');
  expect(notices).toMatch(/^kafkajs \d.*\(MIT\)$/m);
  expect(notices).toMatch(/^@platformatic\/kafka \d.*\(Apache-2\.0\)$/m);
  expect(notices).toMatch(/^@platformatic\/wasm-utils \d.*\(Apache-2\.0\)$/m);
  expect(notices).toMatch(/^pg \d.*\(MIT\)$/m);
});

function start(service: Service, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(folder, service, 'main.js'), ...args], {
    cwd: folder,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  return child;
}

async function runToEnd(service: Service, args: readonly string[], env?: Readonly<Record<string, string>>) {
  const child = start(service, args, env);
  const ended = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode: child.exitCode, output: `${output}${errors}` };
}

/** A bundle that serves on a port of the system's choice, which its log tells. */
class ServedBundle {
  readonly #child;
  #output = '';

  constructor(service: Service, env: Readonly<Record<string, string>>) {
    this.#child = start(service, ['serve'], { ...env, HTTP_BIND: '127.0.0.1:0' });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
  }

  async url(): Promise<string> {
    return await this.#within('listen', () => /"url":"(?<url>http:[^"]+)"/.exec(this.#output)?.groups?.['url']);
  }

  async ready(): Promise<void> {
    const url = await this.url();
    await this.#within('become ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  }

  /** Resolves to the exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await ended;
    return this.#child.exitCode;
  }

  async #within<Answer>(what: string, probe: () => Answer | Promise<Answer>) {
    try {
      return await eventually(probe, { what: `the bundle to ${what}`, withinMs: 30_000 });
    } catch (error) {
      throw new Error(`The bundle did not ${what}. It said:\n${this.#output}`, { cause: error });
    }
  }
}
