import { readCommandLine, terminalOf } from '@daybook/config';
import { createLogger } from '@daybook/runtime';
import { checkRelaySettings, relaySettings } from './config.ts';
import { operateCommands, runOperate } from './operate/operate-commands.ts';
import {
  cancelReplayCommand,
  replayCommand,
  replaysCommand,
  resumeReplayCommand,
  runCancelReplay,
  runReplay,
  runReplays,
  runResumeReplay,
} from './replay/replay-commands.ts';
import { retentionCommand, runRetention } from './retention-command.ts';
import { doctorCommand, runDoctor } from './doctor/doctor.ts';
import { serve } from './serve.ts';
import { runVerify, verifyCommand } from './verify/verify-command.ts';

const version = '0.1.0';

const outcome = readCommandLine({
  program: 'relay',
  summary:
    'Daybook relay: publishes the events of the outbox to Kafka or over HTTP, in order for each ledger, at least once.',
  version,
  settings: relaySettings,
  commands: {
    serve: { doc: 'Publish until told to stop.' },
    ...operateCommands,
    verify: verifyCommand,
    retention: retentionCommand,
    replay: replayCommand,
    replays: replaysCommand,
    'cancel-replay': cancelReplayCommand,
    'resume-replay': resumeReplayCommand,
    doctor: doctorCommand,
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
  // Whatever still hangs after the deadline of a stop ends with the process.
  process.exit(await run(outcome));
}

async function run(given: Exclude<typeof outcome, { readonly kind: 'exit' }>): Promise<number> {
  const { values, warnings } = given;
  const terminal = terminalOf(process.stdout, process.stderr);
  if (given.command !== 'serve') for (const { message, variable } of warnings) terminal.note(`${message}: ${variable}`);
  switch (given.command) {
    case 'serve': {
      const logger = createLogger({ service: 'relay', level: values.logLevel });
      for (const { message, ...fields } of warnings) logger.warn(fields, message);
      return await serve(values, { logger, version }).catch((error: unknown) => {
        logger.fatal({ err: error }, 'cannot start');
        return 1;
      });
    }
    case 'lanes':
    case 'parked':
    case 'retry':
    case 'discard':
    case 'pauses':
    case 'pause':
    case 'resume':
      return await runOperate(given, terminal);
    case 'verify':
      return await runVerify(values, given.options, terminal);
    case 'retention':
      return await runRetention(values, given.options, terminal);
    case 'replay':
      return await runReplay(values, given.options, terminal);
    case 'replays':
      return await runReplays(values, given.options, terminal);
    case 'cancel-replay':
      return await runCancelReplay(values, given, terminal);
    case 'resume-replay':
      return await runResumeReplay(values, given, terminal);
    case 'doctor':
      return await runDoctor(values, given.options, terminal);
  }
}
