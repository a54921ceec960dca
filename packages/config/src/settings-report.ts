import { describeSource } from './assignment.ts';
import type { ReadSettings } from './read-settings.ts';
import { printableValue } from './redact.ts';
import { renderTable } from './render-table.ts';
import { entriesOf } from './setting.ts';
import type { Settings } from './setting.ts';

/** What the `config` command prints: every setting with its value in force (secrets hidden), where it came from, and its default. */
export function renderSettingsReport(settings: Settings, { values, sources }: ReadSettings): string {
  const rows = entriesOf(settings).map(({ key, name, definition }) => [
    name,
    printableValue(values[key], definition),
    describeSource(sources.get(key) ?? { kind: 'default' }),
    printableValue(definition.default, definition),
  ]);
  return `${renderTable(['SETTING', 'VALUE', 'SOURCE', 'DEFAULT'], rows)}\n`;
}
