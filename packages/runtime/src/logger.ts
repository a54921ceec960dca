import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** From the quietest to the loudest; `silent` writes nothing. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

const secretFields = [
  'password',
  'token',
  'authorization',
  'cookie',
  'secret',
  'sasl',
  'privateKey',
  'connectionString',
  'databaseUrl',
];

/**
 * A logger of JSON lines: `time` in ISO 8601, `level` as a word, errors under `err` with their causes. Fields named like a secret are
 * censored at the top, one and two levels down; that is a net for mistakes, and no leave to log secrets.
 *
 * @param options.destination standard output unless given. Writes are synchronous, so the last lines before an exit are not lost.
 */
export function createLogger({
  service,
  level,
  worker,
  destination,
}: {
  readonly service: string;
  readonly level: LogLevel;
  /** The number of the process, where it is one of several. */
  readonly worker?: number | undefined;
  readonly destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid, ...(worker !== undefined && { worker }) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.errWithCause },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
