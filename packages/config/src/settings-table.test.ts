import { expect, test } from 'vitest';
import { defineSettings } from './setting.ts';
import { renderSettingsTable } from './settings-table.ts';

test('one row a setting, with its unit, default and bounds', () => {
  const settings = defineSettings({
    url: { env: 'DATABASE_URL', format: 'url', secret: true, default: 'postgresql://u:p@h/d', doc: 'The database' },
    wait: { env: 'WAIT_MS', format: 'integer', unit: 'ms', min: 1, max: 9, default: 5, doc: 'How long.' },
    mode: { env: 'MODE', format: 'choice', choices: ['a', 'b'], required: true, doc: 'This | that.' },
    brokers: { env: 'BROKERS', format: 'list', items: 'address', default: [], doc: 'Which.' },
    nats: { env: 'NATS_*', unsupported: 'is not supported' },
  });
  expect(renderSettingsTable(settings)).toBe(
    [
      '| Variable | Flag | Type | Unit | Default | Bounds | Meaning |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| `DATABASE_URL` | `--database-url` | url |  | `postgresql://u:***@h/d` |  | The database. Also from the file that `DATABASE_URL_FILE` names. |',
      '| `WAIT_MS` | `--wait-ms` | integer | ms | `5` | from 1 to 9 | How long. |',
      String.raw`| \`MODE\` | \`--mode\` | choice |  | required | a, b | This \| that. |`.replaceAll('\\`', '`'),
      '| `BROKERS` | `--brokers` | list of address |  |  |  | Which. |',
      '| `NATS_*` |  |  |  |  |  | Refused: is not supported. |',
      '',
    ].join('\n'),
  );
});
