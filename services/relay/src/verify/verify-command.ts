import type { Terminal } from '@daybook/config';
import { createPool } from '@daybook/postgres';
import { createLogger } from '@daybook/runtime';
import type { RelaySettings } from '../config.ts';
import { kafkaAccess, type KafkaAccess } from '../kafka/access.ts';
import { TopicScan } from '../kafka/topic-scan.ts';
import { readTopicMapping, type TopicMapping } from '../topic-mapping.ts';
import { Verification, type VerifyProgress } from './verification.ts';
import { verifyOutbox } from './verify-outbox.ts';
import { renderVerifyReport, verifyReport } from './verify-report.ts';

export const verifyCommand = {
  doc: 'Compare the topics with the database: what is missing, phantom, altered, out of order, repeated, and up to where each ledger is verified.',
  options: {
    ledger: {
      format: 'list',
      default: [],
      doc: 'The only ledgers to look at; may be given again. All without it.',
    },
    allLedgers: {
      format: 'boolean',
      default: false,
      doc: 'Show every ledger, also those with nothing to say.',
    },
    json: { format: 'boolean', default: false, doc: 'Print one JSON document.' },
    memoryMb: {
      format: 'integer',
      default: 1_024,
      min: 1,
      max: 1_048_576,
      unit: 'MiB',
      doc: 'The most memory for what is remembered of the topics, some 40 bytes for each event. Where it does not do, look at some ledgers at a time.',
    },
  },
} as const;

export interface VerifyOptions {
  readonly ledger: readonly string[];
  readonly allLedgers: boolean;
  readonly json: boolean;
  readonly memoryMb: number;
}

/** What `relay verify` exits with. */
const exitCodes = { ok: 0, faults: 1, settings: 2, unanswered: 3, interrupted: 130 } as const;

const queryTimeoutMs = 60_000;
const stallMs = 60_000;
const fetchBytesMax = 4_194_304;

/**
 * Compares the topics of the mapping with the outbox, once, from the beginning.
 *
 * @returns 0 when nothing is missing, phantom, altered, out of order or ahead; 1 when something is; 2 for settings or ledgers that name nothing to
 *   compare; 3 when Kafka or the database could not be asked; 130 when interrupted
 */
export async function runVerify(values: RelaySettings, options: VerifyOptions, terminal: Terminal): Promise<number> {
  const read = readPublishing(values);
  if ('fault' in read) {
    terminal.note(`relay verify: ${read.fault}`);
    return exitCodes.settings;
  }
  const pool = createPool(values.databaseUrl, { size: 1, applicationName: 'daybook-relay-verify', queryTimeoutMs });
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onInterrupt);
  try {
    const verification = new Verification({
      outbox: verifyOutbox(pool),
      topics: new TopicScan({
        access: read.access,
        logger: createLogger({ service: 'relay', level: 'silent' }),
        timeoutMs: values.sendTimeoutMs,
        fetchBytesMax,
        stallMs,
      }),
      mapping: read.mapping,
      memoryBytesMax: options.memoryMb * 1_048_576,
      ledgers: options.ledger.length === 0 ? undefined : new Set(options.ledger),
      onProgress: progressLine(terminal),
    });
    await verification.advance(interrupted.signal);
    const report = verifyReport(verification.match, verification.topicNames);
    const { unknownLedgers } = verification;
    if (unknownLedgers.length > 0) terminal.note(`relay verify: there is no ledger ${unknownLedgers.join(', ')}`);
    // Records of a ledger that the database has lost are faults. With none a name that is misspelt would pass for well.
    if (unknownLedgers.length > 0 && report.ok) return exitCodes.settings;
    terminal.print(
      options.json ? JSON.stringify(report) : renderVerifyReport(report, { everyLedger: options.allLedgers }),
    );
    return report.ok ? exitCodes.ok : exitCodes.faults;
  } catch (error) {
    if (interrupted.signal.aborted) {
      terminal.note('relay verify: interrupted');
      return exitCodes.interrupted;
    }
    terminal.note(`relay verify: no verdict: ${reasonOf(error)}`);
    return exitCodes.unanswered;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onInterrupt);
    await pool.end();
  }
}

/** The settings of what is published, or why there is nothing to compare. */
function readPublishing(
  values: RelaySettings,
): { readonly mapping: TopicMapping; readonly access: KafkaAccess } | { readonly fault: string } {
  if (values.httpEnabled)
    return { fault: 'PUBLISHER_HTTP_ENABLED is true, and what a receiver got cannot be read back from it' };
  if (!values.kafkaEnabled) return { fault: 'PUBLISHER_KAFKA_ENABLED is false, so there is no topic to look into' };
  try {
    return { mapping: readTopicMapping(values.topicMapping, values.unmapped), access: kafkaAccess(values) };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}

function progressLine(terminal: Terminal): (progress: VerifyProgress) => void {
  let phase: VerifyProgress['phase'] | undefined;
  let startedAtMs = 0;
  return (progress) => {
    if (progress.phase !== phase) {
      phase = progress.phase;
      startedAtMs = performance.now();
    }
    const { done, total } = progress;
    const seconds = Math.max(0.001, (performance.now() - startedAtMs) / 1_000);
    const percent = total === 0 ? 100 : Math.floor((Math.min(done, total) / total) * 100);
    const bar = '#'.repeat(Math.floor(percent / 5)).padEnd(20, '.');
    const what = phase === 'reading' ? 'reading topics ' : 'reading outbox ';
    terminal.progress(`${what} [${bar}] ${percent} %  ${done} of ${total}, ${Math.round(done / seconds)} a second`);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
