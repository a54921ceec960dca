import { readCommandLine } from '@daybook/config';
import { createLogger } from '@daybook/runtime';
import { ledgerSettings } from './config.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';

const version = '0.1.0';

const outcome = readCommandLine({
  program: 'ledger',
  summary:
    'Daybook ledger: takes REST calls and writes double-entry transactions with their events in one SQL transaction.',
  version,
  settings: ledgerSettings,
  commands: {
    serve: { doc: 'Serve the API until told to stop.' },
    migrate: { doc: 'Bring the database to the current schema, make the lanes if there are none, and end.' },
  },
  defaultCommand: 'serve',
  prefixes: ['DATABASE_', 'BATCH_', 'OUTBOX_', 'EVENT_'],
  argv: process.argv.slice(2),
});

if (outcome.kind === 'exit') {
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  process.exitCode = outcome.code;
} else {
  const { values } = outcome;
  const logger = createLogger({ service: 'ledger', level: values.logLevel });
  for (const { message, ...fields } of outcome.warnings) logger.warn(fields, message);
  const code = outcome.command === 'serve' ? await serve(values, { logger, version }) : await runMigrations();
  // Whatever still hangs after the deadline of a stop ends with the process.
  process.exit(code);

  async function runMigrations(): Promise<number> {
    try {
      const log = (message: string, fields: object) => logger.info(fields, message);
      await migrate(values.databaseUrl, { lanes: values.lanes, log });
      return 0;
    } catch (error) {
      logger.fatal({ err: error }, 'migration failed');
      return 1;
    }
  }
}
