import type { CommandDefinition } from './command-line.ts';
import { printableValue } from './redact.ts';
import { canComeFromFile, entriesOf, expectationOf, optionEntriesOf, unsupportedOf } from './setting.ts';
import type { Entry, Settings } from './setting.ts';

interface HelpOptions {
  readonly program: string;
  readonly summary: string;
  readonly settings: Settings;
  readonly commands: Readonly<Record<string, CommandDefinition>>;
  readonly defaultCommand: string | undefined;
}

/** The whole page, or that of one command: usage, commands, and every setting with flag, variable, type, unit, bounds and default. */
export function renderHelp(options: HelpOptions, command?: string): string {
  const { program, summary, settings, commands, defaultCommand } = options;
  const definition = command === undefined ? undefined : commands[command];
  const lines: string[] = [];
  if (command === undefined || definition === undefined) {
    lines.push(
      summary,
      '',
      `Usage: ${program} ${defaultCommand === undefined ? '<command>' : '[command]'} [flags]`,
      '',
      'Commands:',
    );
    const width = Math.max(...Object.keys(commands).map((name) => name.length));
    for (const [name, { doc }] of Object.entries(commands)) {
      lines.push(`  ${name.padEnd(width)}  ${doc}${name === defaultCommand ? ' (the default)' : ''}`);
    }
  } else {
    const positionals = (definition.positionals ?? []).map(({ name, required }) =>
      required === true ? ` <${name}>` : ` [${name}]`,
    );
    lines.push(definition.doc, '', `Usage: ${program} ${command}${positionals.join('')} [flags]`);
    if (definition.positionals !== undefined && definition.positionals.length > 0) {
      lines.push('', 'Arguments:', ...definition.positionals.map(({ name, doc }) => `  ${name}  ${doc}`));
    }
    const optionEntries = optionEntriesOf(definition.options ?? {});
    if (optionEntries.length > 0) lines.push('', `Flags of ${command}:`, ...optionEntries.flatMap(describe));
  }
  lines.push(
    '',
    'General flags:',
    '  -h, --help     Print this page, or with a command the page of that command.',
    '      --version  Print the version.',
  );
  lines.push(
    '',
    'Settings, by flag, environment variable (also with NUMARY_ in front) or key of the JSON file of --config-file,',
    'in this order of precedence:',
    ...entriesOf(settings).flatMap(describe),
  );
  const unsupported = unsupportedOf(settings);
  if (unsupported.length > 0) {
    lines.push('', 'Refused when set:', ...unsupported.map(({ env, unsupported: reason }) => `  ${env} ${reason}`));
  }
  return `${lines.join('\n')}\n`;
}

function describe(entry: Entry): readonly string[] {
  const { definition, flag, variable } = entry;
  const boolean = definition.format === 'boolean';
  const facts = [
    `${expectationOf(definition)}${definition.unit === undefined ? '' : `, in ${definition.unit}`}`,
    definition.default === undefined && definition.required === true
      ? 'required'
      : `default ${printableValue(definition.default, definition)}`,
  ];
  return [
    `  --${boolean ? '[no-]' : ''}${flag}${boolean ? '' : ` <${definition.format}>`}${variable === undefined ? '' : `  ${variable}`}`,
    `      ${definition.doc}`,
    `      ${facts.join('; ')}.`,
    ...(canComeFromFile(entry)
      ? [`      Also from the file that --${flag}-file${variable === undefined ? '' : ` or ${variable}_FILE`} names.`]
      : []),
  ];
}
