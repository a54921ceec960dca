import { definitionOf } from './command.ts';
import type { CommandDefinition, Commands } from './command.ts';
import { printableValue } from './redact.ts';
import { canComeFromFile, entriesOf, expectationOf, optionEntriesOf, unsupportedOf } from './setting.ts';
import type { Entry, Settings } from './setting.ts';

interface HelpOptions {
  readonly program: string;
  readonly summary: string;
  readonly settings: Settings;
  readonly commands: Commands;
  readonly defaultCommand?: string;
}

/** The page of the command of that name, or else the whole one: usage, commands, and every setting with flag, variable, type, unit, bounds and default. */
export function renderHelp(options: HelpOptions, name: string): string {
  const definition = definitionOf(name, options.commands);
  const lines = [
    ...(definition === undefined ? overview(options) : explanation(definition, name, options.program)),
    '',
    'General flags:',
    '  -h, --help     Print this page, or with a command the page of that command.',
    '      --version  Print the version.',
    ...(definition?.readsSettings === false ? [] : settingsPart(options.settings)),
  ];
  return `${lines.join('\n')}\n`;
}

function overview({ program, summary, commands, defaultCommand }: HelpOptions): readonly string[] {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    summary,
    '',
    `Usage: ${program} ${defaultCommand === undefined ? '<command>' : '[command]'} [flags]`,
    '',
    'Commands:',
    ...Object.entries(commands).map(
      ([name, { doc }]) => `  ${name.padEnd(width)}  ${doc}${name === defaultCommand ? ' (the default)' : ''}`,
    ),
  ];
}

function explanation(definition: CommandDefinition, name: string, program: string): readonly string[] {
  const { doc, positionals = [], options = {} } = definition;
  const usage = positionals.map((argument) =>
    argument.required === true ? ` <${argument.name}>` : ` [${argument.name}]`,
  );
  const optionEntries = optionEntriesOf(options);
  return [
    doc,
    '',
    `Usage: ${program} ${name}${usage.join('')} [flags]`,
    ...(positionals.length > 0
      ? ['', 'Arguments:', ...positionals.map((argument) => `  ${argument.name}  ${argument.doc}`)]
      : []),
    ...(optionEntries.length > 0 ? ['', `Flags of ${name}:`, ...optionEntries.flatMap(describe)] : []),
  ];
}

function settingsPart(settings: Settings): readonly string[] {
  const unsupported = unsupportedOf(settings);
  return [
    '',
    'Settings, by flag, environment variable (also with NUMARY_ in front) or key of the JSON file of --config-file,',
    'in this order of precedence:',
    ...entriesOf(settings).flatMap(describe),
    ...(unsupported.length > 0 ? ['', 'Refused when set:'] : []),
    ...unsupported.map(({ env, unsupported: reason }) => `  ${env} ${reason}`),
  ];
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
