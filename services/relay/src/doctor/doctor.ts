import type { Terminal } from '@daybook/config';
import type { RelaySettings } from '../config.ts';
import { kafkaChecks } from './kafka-checks.ts';
import { openSubject, type OpenSubject } from './open-subject.ts';
import { postgresqlChecks } from './postgresql-checks.ts';
import { isWell, renderReport, reportAsJson } from './report.ts';
import { runChecks } from './run-checks.ts';
import { settingsChecks } from './settings-checks.ts';

/** The command `doctor`. */
export const doctorCommand = {
  doc: 'Check PostgreSQL, Kafka and the settings, and say how to mend what is not well. Changes nothing.',
  options: {
    json: { format: 'boolean', default: false, doc: 'Print one JSON document: ok, and each check with its status.' },
    strict: {
      format: 'boolean',
      default: false,
      doc: 'Exit with code 1 for warnings, too: for anything that matters.',
    },
    transactionAgeMaxSeconds: {
      format: 'integer',
      default: 300,
      min: 1,
      max: 86_400,
      unit: 's',
      doc: 'How long a transaction may be open.',
    },
    eventBytesMax: {
      format: 'integer',
      default: 900_000,
      min: 10_000,
      max: 100_000_000,
      unit: 'bytes',
      doc: "The ledger's EVENT_BYTES_MAX, where it is not the default.",
    },
  },
} as const;

interface DoctorOptions {
  readonly json: boolean;
  readonly strict: boolean;
  readonly transactionAgeMaxSeconds: number;
  readonly eventBytesMax: number;
}

const checkTimeoutMs = 20_000;

/** Every check, in the order of the report. */
export const doctorChecks = [...settingsChecks, ...postgresqlChecks, ...kafkaChecks];

/**
 * Runs every check and prints what was found. Resolves to 0 when all is well, else 1; warnings count where `strict`. A setting with which
 * nothing can be asked is 2, as at the start of the relay.
 */
export async function runDoctor(values: RelaySettings, options: DoctorOptions, terminal: Terminal): Promise<number> {
  let opened: OpenSubject;
  try {
    opened = openSubject(values, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    terminal.note(error.message);
    return 2;
  }
  try {
    const results = await runChecks(doctorChecks, opened.subject, { timeoutMs: checkTimeoutMs });
    terminal.print(options.json ? reportAsJson(results, options) : renderReport(results));
    return isWell(results, options) ? 0 : 1;
  } finally {
    await opened.close();
  }
}
