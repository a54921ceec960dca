import { readCommandLine, terminalOf, type ConfigWarning } from '@daybook/config';
import { createLogger, type Logger } from '@daybook/runtime';
import { checkLedgerSettings, ledgerSettings, type LedgerConfig } from './config.ts';
import { migrate } from './migrate.ts';
import { ParentLink } from './processes/parent-link.ts';
import { processCount, serveByWorkers } from './processes/serve-by-workers.ts';
import { runScriptCommand, scriptCommands } from './script/script-commands.ts';
import { serve } from './serve.ts';
import { runVerify, verifyCommand } from './verify/verify-command.ts';

const version = '0.1.0';

const outcome = readCommandLine({
  program: 'ledger',
  summary:
    'Daybook ledger: takes REST calls and writes double-entry transactions with their events in one SQL transaction.',
  version,
  settings: ledgerSettings,
  commands: {
    serve: { doc: 'Serve the API until told to stop.' },
    migrate: {
      doc: 'Bring the database to the current schema, make the lanes if there are none and the roles of MIGRATE_ROLES, and end.',
    },
    verify: verifyCommand,
    ...scriptCommands,
  },
  defaultCommand: 'serve',
  prefixes: ['DATABASE_', 'BATCH_', 'OUTBOX_', 'EVENT_', 'AUTH_', 'CORS_'],
  check: checkLedgerSettings,
  argv: process.argv.slice(2),
});

if (outcome.kind === 'exit') {
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  process.exitCode = outcome.code;
} else {
  // Whatever still hangs after the deadline of a stop ends with the process.
  process.exit(await run(outcome));
}

async function run(given: Exclude<typeof outcome, { readonly kind: 'exit' }>): Promise<number> {
  switch (given.command) {
    case 'serve':
      return await runService(given);
    case 'migrate':
      return await runMigrations(given.values, serviceLogger(given));
    case 'verify': {
      const terminal = terminalOf(process.stdout, process.stderr);
      for (const { message, variable } of given.warnings) terminal.note(`${message}: ${variable}`);
      return await runVerify(given.values, given.options, terminal);
    }
    case 'script check':
    case 'script run':
      return await runScriptCommand(given, {
        terminal: terminalOf(process.stdout, process.stderr),
        stdin: process.stdin,
      });
  }
}

interface Given {
  readonly values: LedgerConfig;
  readonly warnings: readonly ConfigWarning[];
}

/** Serves by itself, or as a worker, or has workers that serve. */
async function runService(given: Given): Promise<number> {
  const parent = ParentLink.open();
  if (parent !== undefined) {
    const logger = createLogger({ service: 'ledger', level: given.values.logLevel, worker: parent.worker });
    const migrateOnStart = given.values.migrateOnStart && parent.isFirst;
    return await serve({ ...given.values, migrateOnStart }, { logger, version, parent });
  }
  const logger = serviceLogger(given);
  if (processCount(given.values) > 1) return await serveByWorkers(given.values, logger);
  return await serve(given.values, { logger, version });
}

function serviceLogger(given: Given): Logger {
  const logger = createLogger({ service: 'ledger', level: given.values.logLevel });
  for (const { message, ...fields } of given.warnings) logger.warn(fields, message);
  return logger;
}

async function runMigrations(
  { databaseUrl, lanes, migrateRoles: roles }: LedgerConfig,
  logger: Logger,
): Promise<number> {
  try {
    await migrate(databaseUrl, { lanes, roles, log: (message, fields) => logger.info(fields, message) });
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'migration failed');
    return 1;
  }
}
