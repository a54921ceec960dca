import convict from 'convict';
import { assignmentOf, describeSource, reasonOf } from './assignment.ts';
import type { Assignment, Assignments, Source } from './assignment.ts';
import { convictFormatOf } from './format.ts';
import { redactUrls } from './redact.ts';
import type { Entry } from './setting.ts';

export interface ReadSettings {
  /** By key; `undefined` where nothing was given and there is no default. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, Source>;
  /** Complete sentences that name variable, flag and source. */
  readonly problems: readonly string[];
}

const valueTextMax = 200;

/**
 * Picks for each entry the first layer that gives it, and has convict read, default and validate the outcome. Convict's own reading of
 * arguments and environment is not used: it drops unknown flags, turns a password such as `0x10` into 16, and cannot say where a value
 * came from.
 *
 * @param layers from strongest to weakest
 */
export function readSettings(entries: readonly Entry[], layers: readonly Assignments[]): ReadSettings {
  const given = new Map<string, Assignment>();
  const problems: string[] = [];
  for (const entry of entries) {
    try {
      const assignment = layers.map((layer) => assignmentOf(entry, layer)).find((found) => found !== undefined);
      if (assignment !== undefined) given.set(entry.key, assignment);
    } catch (error) {
      problems.push(`${titleOf(entry)} ${reasonOf(error)}`);
    }
  }

  const config = convict<Record<string, unknown>>(
    Object.fromEntries(entries.map((entry) => [entry.key, schemaOf(entry)])),
    {
      env: {},
      args: [],
    },
  );
  config.load(Object.fromEntries([...given].map(([key, { raw }]) => [key, raw])));
  const sources = new Map(
    entries.map((entry) => [entry.key, given.get(entry.key)?.source ?? ({ kind: 'default' } as const)]),
  );
  problems.push(...faultsOf(config, entries, sources));
  const values = Object.fromEntries(
    Object.entries(config.getProperties()).map(([key, value]) => [key, value ?? undefined]),
  );
  return { values, sources, problems };
}

/** `RELAY_POLL_INTERVAL_MS (--relay-poll-interval-ms)`, or the flag alone for an option of one command. */
export function titleOf(entry: Entry): string {
  return entry.variable === undefined ? `--${entry.flag}` : `${entry.variable} (--${entry.flag})`;
}

/** The end of a sentence that says where the value at fault came from; empty for what was not given at all. */
export function sourceSuffix(source: Source | undefined): string {
  return source === undefined || source.kind === 'default' ? '' : ` (${describeSource(source)})`;
}

function schemaOf(entry: Entry): convict.SchemaObj<unknown> {
  const { definition } = entry;
  return {
    default: definition.default ?? null,
    nullable: definition.required !== true,
    format: convictFormatOf(definition),
    doc: definition.doc,
    // A refused URL may hold a password in a place where no pattern finds it, so convict must not show it either.
    sensitive: definition.secret === true || definition.format === 'url',
    definition,
  };
}

/** Convict reports all faults in one text of one line each: `key: message: value was "…"`, the value in JSON and only if not sensitive. */
function faultsOf(
  config: convict.Config<Record<string, unknown>>,
  entries: readonly Entry[],
  sources: ReadonlyMap<string, Source>,
): readonly string[] {
  try {
    config.validate({ allowed: 'strict' });
    return [];
  } catch (error) {
    const byKey = new Map(entries.map((entry) => [entry.key, entry]));
    return reasonOf(error)
      .split('\n')
      .map((line) => {
        const key = line.slice(0, line.indexOf(': '));
        const entry = byKey.get(key);
        if (entry === undefined) throw error;
        const message = redactUrls(line.slice(key.length + 2));
        const shown = message.length > valueTextMax ? `${message.slice(0, valueTextMax)}…` : message;
        return `${titleOf(entry)} ${shown}${sourceSuffix(sources.get(key))}`;
      });
  }
}
