/** `pnpm relay`: the relay's main, which learns of the stack that runs in this folder when nobody says which database is meant. */
import process from 'node:process';
import { processEnvironment } from '@daybook/config';
import { relayCommand } from './relay-command.ts';
import { serviceMain } from './service-plan.ts';
import { findLivingStack } from './stack-file.ts';

const { env, note } = relayCommand(process.argv.slice(2), {
  environment: processEnvironment(),
  findStack: () => findLivingStack(process.cwd()),
});
if (note !== undefined) process.stderr.write(`${note}\n`);
Object.assign(processEnvironment(), env);
// In this very process, so that signals, standard streams and the exit code are the relay's own.
await import(serviceMain('relay'));
