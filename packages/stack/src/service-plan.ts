import { fileURLToPath } from 'node:url';
import process from 'node:process';
import type { ProcessPlan } from './process-plan.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const readyProbeMs = 1_000;

export interface ServicePlanOptions {
  name: string;
  /** The service's main module. */
  main: string;
  /** Flags behind the command `serve`. */
  flags?: readonly string[];
  env: Record<string, string>;
  /** Where it listens on 127.0.0.1. */
  port: number;
  logFile: string;
}

/** The main module of one of our services. */
export function serviceMain(service: 'ledger' | 'relay'): string {
  return `${repository}services/${service}/src/main.ts`;
}

/** Says how to run a service: a Node process that takes `serve`, and answers `GET /readyz` with 200 once it can work. */
export function planService({ name, main, flags = [], env, port, logFile }: ServicePlanOptions): ProcessPlan {
  return {
    name,
    command: process.execPath,
    args: [main, 'serve', ...flags],
    cwd: repository,
    env: { SHUTDOWN_TIMEOUT_MS: '1500', ...env, HTTP_BIND: `127.0.0.1:${port}` },
    logFile,
    stopSignal: 'SIGTERM',
    stopWithinMs: 1_800,
    readyWithinMs: 60_000,
    isReady: async () => answersReady(port),
    lockFiles: [],
  };
}

async function answersReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
      signal: AbortSignal.timeout(readyProbeMs),
      headers: { connection: 'close' },
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
