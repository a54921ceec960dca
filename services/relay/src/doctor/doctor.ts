import { createPool } from '@daybook/postgres';
import { createLogger } from '@daybook/runtime';
import type { RelaySettings } from '../config.ts';
import { kafkaAccess } from '../kafka/access.ts';
import { KafkaInspector, type ClusterView } from '../kafka/inspector.ts';
import type { Terminal } from '../terminal.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { kafkaChecks } from './kafka-checks.ts';
import { postgresqlChecks } from './postgresql-checks.ts';
import { isWell, renderReport, reportAsJson } from './report.ts';
import { runChecks } from './run-checks.ts';
import { probeSession, probeSetting, type SessionAnswers } from './session-probe.ts';
import { settingsChecks } from './settings-checks.ts';
import type { DoctorSubject } from './subject.ts';
import { topicNamesOf } from './topic-names.ts';

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
const askTimeoutMs = 10_000;

/** Every check, in the order of the report. */
export const doctorChecks = [...settingsChecks, ...postgresqlChecks, ...kafkaChecks];

/** Runs every check and prints what was found. Resolves to 0 when all is well, else 1; warnings count where `strict`. */
export async function runDoctor(values: RelaySettings, options: DoctorOptions, terminal: Terminal): Promise<number> {
  const pools = [
    openPool(values, { session: { [probeSetting.name]: probeSetting.value } }),
    openPool(values, { bare: true, size: 1 }),
  ] as const;
  const opened: { inspector?: KafkaInspector } = {};
  const inspector = () => {
    opened.inspector ??= new KafkaInspector({
      access: { ...kafkaAccess(values), requestTimeoutMs: askTimeoutMs },
      // What the client says on the way is in the errors that end up in findings.
      logger: createLogger({ service: 'relay', level: 'silent' }),
      timeoutMs: askTimeoutMs,
    });
    return opened.inspector;
  };
  const mapping = readTopicMapping(values.topicMapping, values.kafkaEnabled ? values.unmapped : 'type');
  let cluster: Promise<ClusterView> | undefined;
  const viewCluster = async () => {
    const present = values.topicMapping.some((entry) => entry.includes('{ledger}'))
      ? await inspector().topicNames()
      : [];
    const { fixed, ofLedgers } = topicNamesOf(mapping, values.topicMapping, present);
    return await inspector().view([...fixed, ...ofLedgers]);
  };
  let session: Promise<SessionAnswers> | undefined;
  const subject: DoctorSubject = {
    settings: values,
    mapping,
    pool: pools[0],
    session: async () => await (session ??= probeSession(pools[0])),
    barePool: pools[1],
    inspector,
    cluster: async () => await (cluster ??= viewCluster()),
    transactionAgeMaxSeconds: options.transactionAgeMaxSeconds,
    eventBytesMax: options.eventBytesMax,
  };
  try {
    const results = await runChecks(doctorChecks, subject, { timeoutMs: checkTimeoutMs });
    terminal.print(options.json ? reportAsJson(results, options) : renderReport(results));
    return isWell(results, options) ? 0 : 1;
  } finally {
    await Promise.all([...pools.map(async (pool) => pool.end()), opened.inspector?.close()]);
  }
}

function openPool(
  values: RelaySettings,
  options: { readonly session?: Readonly<Record<string, string>>; readonly bare?: boolean; readonly size?: number },
) {
  return createPool(values.databaseUrl, {
    size: 4,
    applicationName: 'daybook-doctor',
    queryTimeoutMs: askTimeoutMs,
    ...options,
  });
}
