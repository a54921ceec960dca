import { printableValue } from './redact.ts';
import { boundsOf, canComeFromFile, entriesOf, unsupportedOf } from './setting.ts';
import type { Entry, Settings } from './setting.ts';

/** The settings as a Markdown table, for docs/CONFIGURATION.md. */
export function renderSettingsTable(settings: Settings): string {
  const rows = [
    ['Variable', 'Flag', 'Type', 'Unit', 'Default', 'Bounds', 'Meaning'],
    ['---', '---', '---', '---', '---', '---', '---'],
    ...entriesOf(settings).map(rowOf),
    ...unsupportedOf(settings).map(({ env, unsupported }) => [
      `\`${env}\``,
      '',
      '',
      '',
      '',
      '',
      `Refused: ${unsupported}.`,
    ]),
  ];
  return `${rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`).join('\n')}\n`;
}

function rowOf(entry: Entry): readonly string[] {
  const { definition } = entry;
  const doc = definition.doc.replace(/\.?$/, '.');
  return [
    `\`${entry.name}\``,
    `\`--${entry.flag}\``,
    definition.format === 'list' && definition.items !== undefined ? `list of ${definition.items}` : definition.format,
    definition.unit ?? '',
    defaultOf(entry),
    boundsOf(definition),
    canComeFromFile(entry) ? `${doc} Also from the file that \`${entry.name}_FILE\` names.` : doc,
  ];
}

function defaultOf({ definition }: Entry): string {
  if (definition.default === undefined) return definition.required === true ? 'required' : '';
  const text = printableValue(definition.default, definition);
  return text === '(empty)' ? '' : `\`${text}\``;
}
