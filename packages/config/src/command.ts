import { nearestName } from './nearest-name.ts';
import type { ValueDefinition } from './setting.ts';

export interface CommandDefinition {
  readonly doc: string;
  /** Flags of this command alone; the flag is the key in kebab case. They are read from the command line only. */
  readonly options?: Readonly<Record<string, ValueDefinition>>;
  readonly positionals?: readonly Positional[];
  /** False for one that works without the service's settings: it takes none, and none that is missing or wrong stops it. */
  readonly readsSettings?: boolean;
}

interface Positional {
  readonly name: string;
  readonly doc: string;
  readonly required?: boolean;
}

/** By name: one word, or two (`script check`) of which the first is no command alone. */
export type Commands = Readonly<Record<string, CommandDefinition>>;

/** The positionals that name a command, known or not: the first, and the second too where the first begins names of two words. */
export function commandWordsOf(positionals: readonly string[], commands: Commands): readonly string[] {
  const [first] = positionals;
  return positionals.slice(0, first !== undefined && namesBeginning(first, commands).length > 0 ? 2 : 1);
}

/** The command of that name, if there is one. */
export function definitionOf(name: string | undefined, commands: Commands): CommandDefinition | undefined {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
}

/**
 * What is wrong with the command and its arguments, in complete sentences.
 *
 * @param positionals what follows the command's name
 */
export function commandProblems(
  command: string | undefined,
  positionals: readonly string[],
  commands: Commands,
): readonly string[] {
  if (command === undefined) return [`no command given; ${listOf(Object.keys(commands))}`];
  const definition = definitionOf(command, commands);
  if (definition === undefined) return [unknownCommand(command, positionals, commands)];
  const declared = definition.positionals ?? [];
  const missing = declared.slice(positionals.length).filter(({ required }) => required === true);
  const surplus = positionals.slice(declared.length);
  return [
    ...missing.map(({ name, doc }) => `${command} needs <${name}>: ${doc}`),
    ...surplus.map((argument) => `unexpected argument ${JSON.stringify(argument)}`),
  ];
}

function unknownCommand(command: string, [next]: readonly string[], commands: Commands): string {
  const begun = namesBeginning(command, commands);
  if (begun.length > 0) return `${command} needs a second word; ${listOf(begun)}`;
  const names = Object.keys(commands);
  // The first of two words may be the one that is wrong.
  const nearest = nearestName(command, names) ?? (next === undefined ? next : nearestName(`${command} ${next}`, names));
  return `unknown command ${JSON.stringify(command)}; ${nearest === undefined ? listOf(names) : `did you mean ${nearest}?`}`;
}

function namesBeginning(first: string, commands: Commands): readonly string[] {
  return Object.keys(commands).filter((name) => name.startsWith(`${first} `));
}

function listOf(names: readonly string[]): string {
  return `the commands are ${names.join(', ')}`;
}
