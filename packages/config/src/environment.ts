import { nearestName } from './nearest-name.ts';
import { canComeFromFile } from './setting.ts';
import type { Entry } from './setting.ts';
import { fileCompanionOf } from './assignment.ts';
import type { Assignment, Assignments } from './assignment.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Something odd that does not keep the service from starting. The message is a constant; `main` logs the rest as fields. */
export interface ConfigWarning {
  readonly message: 'unknown environment variable' | 'environment alias ignored since the plain variable is set';
  readonly variable: string;
  readonly nearest?: string;
}

/** What v1 put in front of every variable. */
const aliasPrefix = 'NUMARY_';

/** The one place of our code that reads the environment of the process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** One variable, for what is not a setting of a service: `HOME`, or the choices of the development stack. Empty counts as unset. */
export function readEnvironment(variable: string): string | undefined {
  const value = processEnvironment()[variable];
  return value === '' ? undefined : value;
}

/** Values given by the environment. A variable that is set but empty counts as unset, as in v1 (viper) and in compose files. */
export function readVariables(
  entries: readonly Entry[],
  environment: Environment,
): { readonly assignments: Assignments; readonly warnings: readonly ConfigWarning[] } {
  const assignments = new Map<string, Assignment>();
  const warnings: ConfigWarning[] = [];
  for (const name of namesOf(entries)) {
    const alias = `${aliasPrefix}${name}`;
    const [plainValue, aliasValue] = [environment[name], environment[alias]];
    if (isSet(plainValue)) {
      assignments.set(name, { raw: plainValue, source: { kind: 'environment', name, alias: false } });
      if (isSet(aliasValue) && aliasValue !== plainValue) {
        warnings.push({
          message: 'environment alias ignored since the plain variable is set',
          variable: alias,
          nearest: name,
        });
      }
    } else if (isSet(aliasValue)) {
      assignments.set(name, { raw: aliasValue, source: { kind: 'environment', name: alias, alias: true } });
    }
  }
  return { assignments, warnings };
}

/** Variables that begin like ours but are none of ours: a typing error in a deployment must not be silent. */
export function unknownVariables(
  entries: readonly Entry[],
  options: {
    readonly environment: Environment;
    readonly prefixes: readonly string[];
    readonly ignore: (name: string) => boolean;
  },
): readonly ConfigWarning[] {
  const known = new Set(namesOf(entries));
  const prefixes = [...options.prefixes, aliasPrefix];
  return Object.keys(options.environment)
    .filter((variable) => isSet(options.environment[variable]))
    .filter((variable) => prefixes.some((prefix) => variable.startsWith(prefix)))
    .filter((variable) => !known.has(withoutAliasPrefix(variable)) && !options.ignore(withoutAliasPrefix(variable)))
    .map((variable) => {
      const nearest = nearestName(withoutAliasPrefix(variable), known);
      return { message: 'unknown environment variable', variable, ...(nearest !== undefined && { nearest }) };
    });
}

export function withoutAliasPrefix(variable: string): string {
  return variable.startsWith(aliasPrefix) ? variable.slice(aliasPrefix.length) : variable;
}

export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function namesOf(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.variable === undefined) return [];
    return canComeFromFile(entry) ? [entry.variable, fileCompanionOf(entry)] : [entry.variable];
  });
}
