/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

/** One option of a subject: how its text is read, and what the usage says of it. */
export interface Option<Value> {
  /** What stands for its value in the usage. */
  readonly value: 'N' | 'A' | 'A,B' | 'FOLDER' | 'PROGRAM';
  /** What it decides, with its bounds. */
  readonly about: string;
  /** The text that is read when none is given. */
  readonly fallback: string;
  /** @throws UsageError that names the option. */
  read(name: string, text: string): Value;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function wholeNumber(about: string, fallback: number, bounds: Bounds): Option<number> {
  return {
    value: 'N',
    about: `${about}, ${bounds.min} to ${bounds.max}`,
    fallback: String(fallback),
    read: (name, text) => readWholeNumber(name, text, bounds),
  };
}

/** Several, each once; none where the fallback is none. */
export function wholeNumbers(about: string, fallback: readonly number[], bounds: Bounds): Option<readonly number[]> {
  return {
    value: 'A,B',
    about: `${about}, each ${bounds.min} to ${bounds.max}`,
    fallback: fallback.join(','),
    read: (name, text) =>
      text === '' && fallback.length === 0
        ? []
        : distinct(name, text).map((each) => readWholeNumber(name, each, bounds)),
  };
}

/** Some of what is known, all unless told. */
export function choices<Choice extends string>(about: string, known: readonly Choice[]): Option<readonly Choice[]> {
  return {
    value: 'A,B',
    about: `${about} ${known.join(', ')}`,
    fallback: known.join(','),
    read: (name, text) => distinct(name, text).map((each) => readChoice(name, each, known)),
  };
}

/** One of what is known, the first unless told. */
export function choice<Choice extends string>(about: string, known: readonly [Choice, ...Choice[]]): Option<Choice> {
  return {
    value: 'A',
    about: `${about} ${known.join(', ')}`,
    fallback: known[0],
    read: (name, text) => readChoice(name, text, known),
  };
}

/** None unless given. */
export function folder(about: string): Option<string | undefined> {
  return path('FOLDER', about);
}

/** None unless given. */
export function program(about: string): Option<string | undefined> {
  return path('PROGRAM', about);
}

function path(value: 'FOLDER' | 'PROGRAM', about: string): Option<string | undefined> {
  return { value, about, fallback: '', read: (_name, text) => (text === '' ? undefined : text) };
}

function readChoice<Choice extends string>(name: string, text: string, known: readonly Choice[]): Choice {
  const chosen = known.find((candidate) => candidate === text);
  if (chosen === undefined) throw new UsageError(`--${name} takes ${known.join(', ')}, not ${text}`);
  return chosen;
}

function readWholeNumber(name: string, text: string, { min, max }: Bounds): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${text}`);
  }
  return value;
}

function distinct(name: string, text: string): readonly string[] {
  const each = text.split(',');
  const twice = each.find((one, index) => each.indexOf(one) !== index);
  if (twice !== undefined) throw new UsageError(`--${name} has ${twice} twice`);
  return each;
}
