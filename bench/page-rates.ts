import type { Pool } from '@daybook/postgres';
import { BenchmarkProcess } from './benchmark-process.ts';
import { generateLoad, measurementOf, type LoadTimes } from './ledger-load.ts';
import type { ListQuery } from './list-queries.ts';
import { compare, type ComparisonResult } from './measurement.ts';
import type { EchoAddress, EchoPlan } from './processes/echo-server.ts';
import type { LoadResult } from './processes/load-generator.ts';
import type { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import type { Conditions } from './subject.ts';

interface PageRatesOptions extends LoadTimes, Conditions {
  readonly ledger: Service;
  /** Of the ledger that holds the lists. */
  readonly name: string;
  readonly pool: Pool;
  readonly profile: ServiceProfile;
  readonly databaseUrl: string;
}

const connections = 16;

/** L6: pages of lists that nobody writes to, each against an HTTP echo that answers as many bytes, and one that asks the database for them. */
export async function comparePages(
  queries: readonly ListQuery[],
  options: PageRatesOptions,
): Promise<readonly ComparisonResult[]> {
  const { ledger, name, stops, pool, profile, databaseUrl } = options;
  const echo = new BenchmarkProcess('bench/processes/echo-server.ts');
  const stopEcho = stops.add(async () => echo.stop());
  echo.send({ answerBytes: 0, databaseUrl } satisfies EchoPlan);
  const { url } = await echo.report<EchoAddress>();
  const load = async (origin: string, folder: string, page: string) =>
    generateLoad(
      { origins: [origin], ledger: folder, workload: { kind: 'page', page }, isToPrepare: false, connections },
      options,
    );
  const measureEcho = async (folder: 'page' | 'database', bytes: number) => {
    const result = await load(url, folder, String(bytes));
    return measurementOf(result, 1, sizeFaults(result, bytes));
  };
  const results: ComparisonResult[] = [];
  for (const query of queries) {
    const { bytes, rows } = await askForPage(`${ledger.url}/${name}`, query);
    const place = query.query === '' ? 'first page' : 'page from the middle';
    const ofLedger = query.query === '' ? query.list : `${query.list}?${query.query}`;
    const label = `${query.list}, ${place}`;
    const comparison = await compare(
      {
        id: 'L6',
        variant: label,
        work: `${label}, ${connections} connections`,
        unit: 'req/s',
        direction: '>=',
        target: 0.3,
        stretch: 0.5,
        ours: {
          name: 'ledger',
          settings: `1 process, \`GET /${ofLedger}\`, answers ${bytes} bytes`,
          measure: async () => {
            const cpuBefore = await ledger.cpuSeconds();
            const result = await profile.during(label, pool, async () => load(ledger.url, name, ofLedger));
            const cpuSeconds = (await ledger.cpuSeconds()) - cpuBefore;
            ledger.check();
            const few = rows === query.rows ? [] : [`a page of ${rows} rows instead of ${query.rows}`];
            const measurement = measurementOf(result, 1, [...few, ...sizeFaults(result, bytes)]);
            return { ...measurement, cpuSecondsPer100k: (cpuSeconds / result.answered) * 100_000 };
          },
        },
        baseline: {
          name: 'Express echo',
          settings: `own process, answers ${bytes} bytes`,
          measure: async () => measureEcho('page', bytes),
        },
        others: [
          {
            name: 'Express and one SELECT',
            settings: `own process, asks the database for ${bytes} bytes by the same client over as many sessions`,
            measure: async () => measureEcho('database', bytes),
          },
        ],
      },
      options,
    );
    results.push(comparison);
  }
  await stopEcho();
  return results;
}

/** Nothing is written meanwhile, so each answer is as long as the one that was looked at. */
function sizeFaults({ answerBytes }: LoadResult, bytes: number): readonly string[] {
  return answerBytes.filter((size) => size !== bytes).map((size) => `an answer of ${size} bytes instead of ${bytes}`);
}

/** How many rows a page has; of an aggregate, how many fields. And how many bytes. */
export async function askForPage(
  url: string,
  { list, query }: ListQuery,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const response = await fetch(`${url}/${list}?${query}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${list}?${query} was answered with ${response.status}: ${text}`);
  const { cursor, data }: { cursor?: { data: unknown[] }; data?: object } = JSON.parse(text);
  return { rows: cursor?.data.length ?? Object.keys(data ?? {}).length, bytes: Buffer.byteLength(text) };
}
