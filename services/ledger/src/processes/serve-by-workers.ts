import { availableParallelism } from 'node:os';
import { createRegistry, Lifecycle, type Logger } from '@daybook/runtime';
import { ledgerSettings, type LedgerConfig } from '../config.ts';
import { Workers } from './workers.ts';

/** How many processes LEDGER_PROCESSES asks for on this machine. */
export function processCount({ processes }: Pick<LedgerConfig, 'processes'>): number {
  return processes === 0 ? Math.min(availableParallelism(), ledgerSettings.processes.max) : processes;
}

/** Keeps workers that serve until told to stop. Resolves to the process's exit code. */
export async function serveByWorkers(config: LedgerConfig, logger: Logger): Promise<number> {
  const lifecycle = new Lifecycle({ logger, shutdownTimeoutMs: config.shutdownTimeoutMs });
  const registry = createRegistry('ledger', { labels: { worker: 'parent' } });
  lifecycle.add(new Workers({ count: processCount(config), logger, registry }));
  return await lifecycle.run();
}
