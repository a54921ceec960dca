import { entriesOf, optionEntriesOf, unsupportedOf } from './setting.ts';
import type { Entry, Settings, UnsupportedSetting, Values } from './setting.ts';
import type { Assignments } from './assignment.ts';
import { commandProblems, commandWordsOf, definitionOf } from './command.ts';
import type { Commands } from './command.ts';
import { booleanOf } from './format.ts';
import { isSet, processEnvironment, readVariables, unknownVariables, withoutAliasPrefix } from './environment.ts';
import type { ConfigWarning, Environment } from './environment.ts';
import { parseFlags } from './flags.ts';
import type { ParsedFlags } from './flags.ts';
import { renderHelp } from './help.ts';
import { textOf } from './redact.ts';
import { readSettings, sourceSuffix, titleOf } from './read-settings.ts';
import type { ReadSettings } from './read-settings.ts';
import { readSettingsFile } from './settings-file.ts';
import { renderSettingsReport } from './settings-report.ts';

/** A fault that only the values together show, for example a deadline shorter than the interval it must exceed. */
export interface SettingFault<S> {
  readonly setting: keyof Values<S> & string;
  /** Goes on after the setting's name: "must be more than twice RELAY_HEARTBEAT_MS". */
  readonly message: string;
}

interface CommandLine<S extends Settings, C extends Commands> {
  readonly program: string;
  readonly summary: string;
  readonly version: string;
  readonly settings: S;
  /** `config` and `help` are added to them. */
  readonly commands: C;
  /** Run where no command is named. */
  readonly defaultCommand?: keyof C & string;
  /** Variables that begin so and are not known give a warning; `NUMARY_` always does. */
  readonly prefixes?: readonly string[];
  readonly check?: (values: Values<S>) => readonly SettingFault<S>[];
  /** Without the program: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  /** The environment of the process, but in tests. */
  readonly environment?: Environment;
}

type ValuesOf<S, D> = D extends { readonly readsSettings: false } ? Readonly<Record<string, never>> : Values<S>;

type OptionsOf<D> = D extends { readonly options: infer O } ? Values<O> : Readonly<Record<string, never>>;

/** The command to run, or what to print and the code to exit with: 0 after help, 2 after an error. Only `main` acts on it. */
export type Outcome<S extends Settings, C extends Commands> =
  | Exit
  | { [K in keyof C & string]: Run<S, C, K> }[keyof C & string];

interface Exit {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run<S extends Settings, C extends Commands, K extends keyof C & string> {
  readonly kind: 'run';
  readonly command: K;
  readonly values: ValuesOf<S, C[K]>;
  readonly options: OptionsOf<C[K]>;
  readonly positionals: readonly string[];
  readonly warnings: readonly ConfigWarning[];
}

const builtInCommands = {
  config: { doc: 'Print every setting with its value, source and default, secrets hidden.' },
  help: {
    doc: 'Print this page, or that of one command.',
    positionals: [{ name: 'command', doc: 'The command to explain.' }],
  },
} satisfies Commands;

const builtInSettings = {
  configFile: {
    env: 'CONFIG_FILE',
    format: 'text',
    doc: 'JSON file of settings, with the names of variables as keys. Flags and environment win over it.',
  },
} satisfies Settings;

/**
 * The one way in for a service's `main`: reads command, flags, environment and file, in this order of precedence, and reports all that is
 * wrong at once.
 */
export function readCommandLine<const S extends Settings, const C extends Commands>(
  line: CommandLine<S, C>,
): Outcome<S, C> {
  const allSettings: Settings = { ...line.settings, ...builtInSettings };
  const commands: Commands = { ...line.commands, ...builtInCommands };
  const page = (name: readonly string[]) => renderHelp({ ...line, settings: allSettings, commands }, name.join(' '));

  const words = commandWordsOf(positionalsOf(line.argv, entriesOf(allSettings), commands), commands);
  const command = words.length > 0 ? words.join(' ') : line.defaultCommand;
  const definition = definitionOf(command, commands);
  const readsSettings = definition?.readsSettings !== false;
  const settings = readsSettings ? allSettings : {};
  const environment = readsSettings ? (line.environment ?? processEnvironment()) : {};
  const entries = entriesOf(settings);
  const optionEntries = optionEntriesOf(definition?.options ?? {});
  const flags = parseFlags(line.argv, [...optionEntries, ...entries]);
  if (flags.help) return printed(page(words));
  if (flags.version) return printed(`${line.program} ${line.version}\n`);
  if (command === 'help') return printed(page(commandWordsOf(flags.positionals.slice(1), commands)));

  const unsupported = unsupportedOf(settings);
  const isUnsupported = (name: string) => unsupported.some(({ env }) => matches(env, name));
  const read = readLayers(entries, { flags, environment, isUnsupported });
  const options = readSettings(optionEntries, [flags.assignments]);
  const positionals = flags.positionals.slice(words.length);
  const unknownFlags = unknownFlagProblems(flags, unsupported);
  const problems = [
    ...unknownFlags,
    ...flags.problems,
    // The value of an unknown flag looks like a command or an argument; one error for one mistake.
    ...(unknownFlags.length > 0 ? [] : commandProblems(command, positionals, commands)),
    // What a command would read that is not known, nobody knows; again one error.
    ...(definition === undefined
      ? []
      : [...unsupportedProblems(unsupported, { environment, file: read.file }), ...read.problems, ...options.problems]),
  ];
  if (readsSettings && problems.length === 0) problems.push(...checkProblems(line, entries, read.settings));
  if (problems.length > 0 || command === undefined) return refused(line.program, problems);
  if (command === 'config') return printed(renderSettingsReport(settings, read.settings));

  const warnings = [
    ...read.warnings,
    ...unknownVariables(entries, { environment, prefixes: line.prefixes ?? [], ignore: isUnsupported }),
  ];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types follow from the definitions that convict just checked
  return {
    kind: 'run',
    command,
    values: read.settings.values,
    options: options.values,
    positionals,
    warnings,
  } as unknown as Outcome<S, C>;
}

/** Options of all commands are known here, lest the value of one be taken for the command. */
function positionalsOf(argv: readonly string[], entries: readonly Entry[], commands: Commands): readonly string[] {
  const allOptions = Object.values(commands).flatMap(({ options }) => optionEntriesOf(options ?? {}));
  return parseFlags(argv, [...allOptions, ...entries]).positionals;
}

interface Layers {
  readonly settings: ReadSettings;
  readonly file: Assignments;
  readonly problems: readonly string[];
  readonly warnings: readonly ConfigWarning[];
}

function readLayers(
  entries: readonly Entry[],
  given: {
    readonly flags: ParsedFlags;
    readonly environment: Environment;
    readonly isUnsupported: (name: string) => boolean;
  },
): Layers {
  const variables = readVariables(entries, given.environment);
  const path = [given.flags.assignments, variables.assignments]
    .map((layer) => layer.get(builtInSettings.configFile.env)?.raw)
    .find((raw) => raw !== undefined);
  const file =
    path === undefined
      ? { assignments: new Map(), problems: [] }
      : readSettingsFile(
          textOf(path),
          entries.filter(({ key }) => key !== 'configFile'),
          given.isUnsupported,
        );
  const settings = readSettings(entries, [given.flags.assignments, variables.assignments, file.assignments]);
  return {
    settings,
    file: file.assignments,
    problems: [...file.problems, ...settings.problems],
    warnings: variables.warnings,
  };
}

function unknownFlagProblems(flags: ParsedFlags, unsupported: readonly UnsupportedSetting[]): readonly string[] {
  return flags.unknown.flatMap(({ flag, value, nearest }) => {
    const variable = flag.replace(/^--/, '').toUpperCase().replaceAll('-', '_');
    const refusal = unsupported.find(({ env }) => matches(env, variable));
    if (refusal !== undefined)
      return asksForSomething(value ?? true) ? [`${variable} (${flag}) ${refusal.unsupported}`] : [];
    return [`unknown flag ${flag}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`];
  });
}

function unsupportedProblems(
  unsupported: readonly UnsupportedSetting[],
  { environment, file }: { readonly environment: Environment; readonly file: Assignments },
): readonly string[] {
  const given = [
    ...Object.entries(environment)
      .filter(([, value]) => isSet(value))
      .map(([name, raw]) => ({ variable: withoutAliasPrefix(name), raw, from: `environment ${name}` })),
    ...[...file].map(([variable, { raw, source }]) => ({
      variable,
      raw,
      from: source.kind === 'file' ? `file ${source.path}` : '',
    })),
  ];
  return given.flatMap(({ variable, raw, from }) => {
    const refusal = unsupported.find(({ env }) => matches(env, variable));
    return refusal !== undefined && asksForSomething(raw) ? [`${variable} ${refusal.unsupported} (${from})`] : [];
  });
}

function checkProblems<S extends Settings>(
  { check }: { readonly check?: (values: Values<S>) => readonly SettingFault<S>[] },
  entries: readonly Entry[],
  { values, sources }: ReadSettings,
): readonly string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types follow from the definitions that convict just checked
  const faults = check?.(values as Values<S>) ?? [];
  return faults.map(({ setting, message }) => {
    const entry = entries.find(({ key }) => key === setting);
    return `${entry === undefined ? setting : titleOf(entry)} ${message}${sourceSuffix(sources.get(setting))}`;
  });
}

function matches(pattern: string, variable: string): boolean {
  return pattern.endsWith('*') ? variable.startsWith(pattern.slice(0, -1)) : variable === pattern;
}

/** `PUBLISHER_NATS_ENABLED=false` asks for nothing, so a deployment that says so may stay as it is. */
function asksForSomething(raw: unknown): boolean {
  return typeof raw === 'string' ? raw !== '' && booleanOf(raw) !== false : raw !== false;
}

function printed(stdout: string): Exit {
  return { kind: 'exit', code: 0, stdout, stderr: '' };
}

function refused(program: string, problems: readonly string[]): Exit {
  const title = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  const lines = [
    `${program}: cannot start, ${title}:`,
    ...problems.map((text) => `  ${text}`),
    `Try '${program} --help'.`,
  ];
  return { kind: 'exit', code: 2, stdout: '', stderr: `${lines.join('\n')}\n` };
}
