import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Guard } from './guard.ts';
import { answersAsKafka } from './kafka-probe.ts';
import {
  advertisedListeners,
  scramArguments,
  securityListeners,
  securityProperties,
  systemPropertyFlags,
  type KafkaSecurity,
} from './kafka-security.ts';
import type { ProcessPlan } from './process-plan.ts';
import { runToEnd } from './run-to-end.ts';

// C1 alone and the serial collector: half the start-up time, and little memory, on a machine shared with tests.
const javaFlags = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Djava.awt.headless=true',
];

export interface KafkaPlanOptions {
  java: string;
  jars: string;
  /** The folder for this broker; made when absent. A second plan for the same folder finds the first one's data. */
  dataDir: string;
  port: number;
  controllerPort: number;
  logFile: string;
  /** Listeners beside the plain one. */
  security?: KafkaSecurity | undefined;
  guard?: Guard | undefined;
  signal?: AbortSignal | undefined;
}

/** Formats the folder unless that was done, and says how to run one Apache Kafka broker in KRaft mode on it. */
export async function planKafka(options: KafkaPlanOptions): Promise<ProcessPlan> {
  const folder = resolve(options.dataDir);
  const logDir = join(folder, 'log');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const propertiesFile = join(folder, 'server.properties');
  writeFileSync(propertiesFile, properties(options, logDir));
  const loggingFile = join(folder, 'log4j2.properties');
  writeFileSync(loggingFile, logging);
  const { security } = options;
  const flags = security === undefined ? javaFlags : [...javaFlags, ...systemPropertyFlags(security)];
  const args = [...flags, `-Dlog4j2.configurationFile=${loggingFile}`, '-cp', join(options.jars, '*')];

  // StorageTool writes meta.properties last, so a format that was cut short is done again.
  if (!existsSync(join(logDir, 'meta.properties'))) {
    // With a dash in front it would be taken for an option.
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, '_');
    await runToEnd(
      options.java,
      [
        ...args,
        'kafka.tools.StorageTool',
        'format',
        '--cluster-id',
        clusterId,
        '--config',
        propertiesFile,
        ...(security === undefined ? [] : scramArguments(security)),
      ],
      { cwd: folder, guard: options.guard, signal: options.signal },
    );
  }
  return {
    name: 'kafka',
    command: options.java,
    args: [...args, 'kafka.Kafka', propertiesFile],
    cwd: folder,
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
    stopWithinMs: 2_000,
    readyWithinMs: 60_000,
    isReady: async () => answersAsKafka([`127.0.0.1:${options.port}`]),
    lockFiles: [join(logDir, '.lock')],
  };
}

function properties({ port, controllerPort, security }: KafkaPlanOptions, logDir: string): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${securityListeners(security)}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${advertisedListeners(security)}`,
    'log.dirs': logDir,
    // The relay makes the topics it needs; a misspelt one shall show.
    'auto.create.topics.enable': false,
    // A broker alone: nothing to replicate to, nobody to hand over to, no second consumer to wait for.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'controlled.shutdown.enable': false,
    // After a kill the broker may join again only once its old session has ended: by default 9 s, here 3 s.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // Events of a ledger do not expire.
    'log.retention.ms': -1,
    ...(security !== undefined && securityProperties(security)),
  })
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('');
}

const logging = `appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %-5p %m (%c{1})%n%throwable
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=console
`;
