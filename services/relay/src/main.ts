import { readCommandLine } from '@daybook/config';
import { createLogger } from '@daybook/runtime';
import { checkRelaySettings, relaySettings } from './config.ts';
import { serve } from './serve.ts';

const version = '0.1.0';

const outcome = readCommandLine({
  program: 'relay',
  summary: 'Daybook relay: publishes the events of the outbox to Kafka, in order for each ledger, at least once.',
  version,
  settings: relaySettings,
  commands: {
    serve: { doc: 'Publish until told to stop.' },
  },
  defaultCommand: 'serve',
  prefixes: ['DATABASE_', 'PUBLISHER_', 'RELAY_'],
  check: checkRelaySettings,
  argv: process.argv.slice(2),
});

if (outcome.kind === 'exit') {
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  process.exitCode = outcome.code;
} else {
  const { values } = outcome;
  const logger = createLogger({ service: 'relay', level: values.logLevel });
  for (const { message, ...fields } of outcome.warnings) logger.warn(fields, message);
  const code = await serve(values, { logger, version }).catch((error: unknown) => {
    logger.fatal({ err: error }, 'cannot start');
    return 1;
  });
  // Whatever still hangs after the deadline of a stop ends with the process.
  process.exit(code);
}
