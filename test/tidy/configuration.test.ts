import { renderSettingsTable } from '../../packages/config/src/index.ts';
import { ledgerSettings } from '../../services/ledger/src/config.ts';
import { relaySettings } from '../../services/relay/src/config.ts';
import { expect, test } from 'vitest';

test('docs/CONFIGURATION.md shows the settings of both services as they are', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/CONFIGURATION.md');
});

function page(): string {
  return `# Configuration

Made from the settings that each service declares, by \`npx -y pnpm@12 exec vitest run test/tidy/configuration --update\`. A test compares.

- **Where a value comes from.** A flag, else the environment, else the file of \`CONFIG_FILE\` or \`--config-file\` (one JSON object whose keys are
  the variables), else the default. \`NUMARY_\` in front of a variable is accepted, as Formance Ledger v1 had it. A variable that is set but empty
  counts as unset.
- **Lists** are split on commas or white space; a flag may also be given several times.
- **Booleans** are \`true\` or \`false\`; as flags also \`--name\` and \`--no-name\`.
- **Faults** end the start with exit code 2, all of them at once, each with its variable, flag and source. Unknown flags are refused with the
  nearest known name; an unknown variable that begins like one of ours gives a warning in the log.
- **What applies** is printed by \`ledger config\` and \`relay config\`, with the source of each value and secrets hidden.

## Ledger

${renderSettingsTable(ledgerSettings)}
## Relay

${renderSettingsTable(relaySettings)}`;
}
