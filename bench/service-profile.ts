import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Pool } from '@daybook/postgres';
import { cpuTimes, type CpuProfile, type CpuTime, type Span } from './cpu-profile.ts';
import type { ReportTable } from './report-table.ts';
import { WaitProfile } from './wait-profile.ts';

const rowsMax = 15;

/**
 * Where the time of the measured spans goes: in the services by owner of the code, as V8 samples it, and in their database sessions by what they
 * wait for. A service that is profiled is slower, so such a run's figures are no figures.
 */
export class ServiceProfile {
  readonly #folder: string | undefined;
  readonly #spans = new Map<string, Span[]>();
  readonly #waits = new Map<string, WaitProfile>();

  /**
   * @param folder where the services leave their `.cpuprofile` files; without one nothing is profiled.
   * @throws Error when something is there already: it could not be told from what comes.
   */
  constructor(folder: string | undefined) {
    this.#folder = folder === undefined ? undefined : resolve(folder);
    if (this.#folder !== undefined && existsSync(this.#folder) && readdirSync(this.#folder).length > 0) {
      throw new Error(`--profile wants an empty folder or a new one, and ${folder} is neither`);
    }
  }

  /** What Node is to be started with for a service to be profiled. */
  nodeArguments(service: string): readonly string[] {
    return this.#folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(this.#folder, service)}`];
  }

  /** Counts what happens meanwhile under a label; several spans may share one. */
  async during<Result>(label: string, pool: Pool, work: () => Promise<Result>): Promise<Result> {
    if (this.#folder === undefined) return await work();
    const waits = this.#waits.get(label) ?? new WaitProfile(pool);
    this.#waits.set(label, waits);
    const fromUs = monotonicUs();
    const result = await waits.during(work);
    this.#spans.set(label, [...(this.#spans.get(label) ?? []), { fromUs, toUs: monotonicUs() }]);
    return result;
  }

  /**
   * To be asked after the services have ended, since they write their files then.
   * @throws Error when a service left none.
   */
  tables(): ReportTable[] {
    if (this.#folder === undefined) return [];
    const services = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    const profiles = services.flatMap((service) => profilesOf(join(this.#folder ?? '', service), service));
    if (profiles.length === 0) throw new Error('no service left a CPU profile');
    return [...this.#spans].flatMap(([label, spans]) => {
      const waits = this.#waits.get(label);
      return [...cpuTables(label, profiles, spans), ...(waits === undefined ? [] : [waitTable(label, waits)])];
    });
  }
}

interface ProfileOfService {
  readonly service: string;
  readonly profile: CpuProfile;
}

function profilesOf(folder: string, service: string): ProfileOfService[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => ({ service, profile: JSON.parse(readFileSync(join(folder, name), 'utf8')) }));
}

function cpuTables(label: string, profiles: readonly ProfileOfService[], spans: readonly Span[]): ReportTable[] {
  const wallUs = spans.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  return [...Map.groupBy(profiles, ({ service }) => service)].flatMap(([service, ofService]) => {
    const times = new Map<string, CpuTime>();
    for (const { profile } of ofService) {
      for (const [owner, { self, caused }] of cpuTimes(profile, spans)) {
        const before = times.get(owner) ?? { self: 0, caused: 0 };
        times.set(owner, { self: before.self + self, caused: before.caused + caused });
      }
    }
    const busyUs = times.values().reduce((sum, { self }) => sum + self, 0);
    if (busyUs === 0) return [];
    const rows = [...times]
      .toSorted(([, a], [, b]) => b.caused - a.caused || b.self - a.self)
      .map(([owner, { self, caused }]) => [owner, percent(self / busyUs), percent(caused / busyUs)]);
    const title = `${label}: CPU of the ${service}, busy ${percent(busyUs / wallUs)} of the time`;
    return [{ title, heads: ['where', 'itself', 'with what Node did for it'], rows: rows.slice(0, rowsMax) }];
  });
}

function waitTable(label: string, waits: WaitProfile): ReportTable {
  const { all, atNobody } = waits.looks;
  const times = waits.seen.reduce((sum, seen) => sum + seen.times, 0);
  const shown = waits.seen.slice(0, rowsMax);
  const rest = times - shown.reduce((sum, seen) => sum + seen.times, 0);
  const share = (of: number) => percent(of / Math.max(1, times));
  const rows = shown.map(({ application, wait, query, times: of }) => [application, wait, query, share(of)]);
  return {
    title: `${label}: sessions of the services, ${(times / Math.max(1, all)).toFixed(2)} at work on average of ${all} looks, none at ${percent(atNobody / Math.max(1, all))}`,
    heads: ['session', 'waits for', 'query', 'share'],
    rows: rest === 0 ? rows : [...rows, ['all others', '', '', share(rest)]],
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
