import type { Json } from '@daybook/events';
import type { Program } from './compile.ts';
import { shown } from './shown.ts';
import { readValue, type Value } from './value.ts';

/** The values of the variables that come with a request, by name. */
export type Variables = ReadonlyMap<string, Value>;

export type Binding =
  | { readonly kind: 'bound'; readonly variables: Variables }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads a request's variables as a program declares them: each of them, and no others (v1.10, vm/program/program.go). */
export function bind(program: Program, vars: Readonly<Record<string, Json>>): Binding {
  const variables = new Map<string, Value>();
  for (const { name, type, origin } of program.declarations) {
    if (origin !== undefined) continue;
    const json = Object.hasOwn(vars, name) ? vars[name] : undefined;
    if (json === undefined) return { kind: 'refused', message: `missing variable $${shown(name)}` };
    const value = readValue(type, json);
    if (typeof value === 'string') {
      return { kind: 'refused', message: `invalid JSON value for variable $${shown(name)} of type ${type}: ${value}` };
    }
    variables.set(name, value);
  }
  const extraneous = Object.keys(vars).find((name) => !variables.has(name));
  return extraneous === undefined
    ? { kind: 'bound', variables }
    : { kind: 'refused', message: `extraneous variable $${shown(extraneous)}` };
}
