/** What every value has, whether it is a setting of the service or an option of one command. */
interface Described {
  /** One sentence for `--help`, the `config` command and docs/CONFIGURATION.md. */
  readonly doc: string;
  /** Shown beside the type: `ms`, `bytes`, `rows`. */
  readonly unit?: string;
  /** Never printed. Implies `fromFile`. */
  readonly secret?: boolean;
  /** The value may also be the content of the file that `<VARIABLE>_FILE` names. */
  readonly fromFile?: boolean;
  /** Without a default and not given, the start ends with an error; otherwise the value is `undefined`. */
  readonly required?: boolean;
}

interface BooleanDefinition extends Described {
  readonly format: 'boolean';
  readonly default?: boolean;
}

interface IntegerDefinition extends Described {
  readonly format: 'integer';
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
}

interface TextDefinition extends Described {
  readonly format: 'text';
  readonly default?: string;
  readonly pattern?: RegExp;
  /** Ends the sentence "must be …" where a pattern is set. */
  readonly expected?: string;
}

interface ChoiceDefinition extends Described {
  readonly format: 'choice';
  readonly default?: string;
  readonly choices: readonly string[];
}

/** Split on commas or white space, since v1 split flags on commas and variables on white space. */
interface ListDefinition extends Described {
  readonly format: 'list';
  readonly default?: readonly string[];
  readonly items?: 'text' | 'address';
}

interface UrlDefinition extends Described {
  readonly format: 'url';
  readonly default?: string;
  /** Without the colon: `['postgresql', 'postgres']`. */
  readonly protocols?: readonly string[];
}

/** `host:port`, kept as text: `localhost:3068`, `[::1]:3068`, `:3068` for every interface, port 0 for a free one. */
interface AddressDefinition extends Described {
  readonly format: 'address';
  readonly default?: string;
}

export type ValueDefinition =
  | BooleanDefinition
  | IntegerDefinition
  | TextDefinition
  | ChoiceDefinition
  | ListDefinition
  | UrlDefinition
  | AddressDefinition;

/** A setting of a service. The flag is the variable in kebab case. */
export type Setting = ValueDefinition & { readonly env: string };

/** A variable that ends the start when it asks for something; a trailing `*` stands for all that begin so. */
export interface UnsupportedSetting {
  readonly env: string;
  /** Ends the sentence "PUBLISHER_NATS_ENABLED …", for example "is not supported: Daybook publishes to Kafka". */
  readonly unsupported: string;
}

export type Settings = Readonly<Record<string, Setting | UnsupportedSetting>>;

type GivenValue<D> = D extends { readonly format: 'boolean' }
  ? boolean
  : D extends { readonly format: 'integer' }
    ? number
    : D extends { readonly format: 'list' }
      ? readonly string[]
      : D extends { readonly format: 'choice'; readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string;

type Value<D> = D extends
  | { readonly required: true }
  | { readonly default: boolean | number | string | readonly string[] }
  ? GivenValue<D>
  : GivenValue<D> | undefined;

/** The typed values of a set of definitions; unsupported settings have none. */
export type Values<S> = {
  readonly [K in keyof S as S[K] extends { readonly unsupported: string } ? never : K]: Value<S[K]>;
};

/** Keeps the exact types of the definitions, so that `Values` can be read off them. */
export function defineSettings<const S extends Settings>(settings: S): S {
  return settings;
}

/** `PUBLISHER_TOPIC_MAPPING` → `publisher-topic-mapping`. */
function flagOf(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

/** One definition with all the names it goes by. */
export interface Entry {
  readonly key: string;
  /** How it is called in every message: the variable, or the flag where there is no variable. */
  readonly name: string;
  readonly flag: string;
  readonly variable: string | undefined;
  readonly definition: ValueDefinition;
}

export function entriesOf(settings: Settings): readonly Entry[] {
  return Object.entries(settings).flatMap(([key, definition]) =>
    'unsupported' in definition
      ? []
      : [{ key, name: definition.env, flag: flagOf(definition.env), variable: definition.env, definition }],
  );
}

/** Options of one command have no variable; their flag is their key in kebab case. */
export function optionEntriesOf(options: Readonly<Record<string, ValueDefinition>>): readonly Entry[] {
  return Object.entries(options).map(([key, definition]) => {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return { key, name: `--${flag}`, flag, variable: undefined, definition };
  });
}

export function unsupportedOf(settings: Settings): readonly UnsupportedSetting[] {
  return Object.values(settings).filter((definition) => 'unsupported' in definition);
}

/** Whether `<VARIABLE>_FILE` and `--<flag>-file` are accepted. */
export function canComeFromFile(entry: Entry): boolean {
  return entry.definition.secret === true || entry.definition.fromFile === true;
}

/** What the value must be, as the end of "must be …". */
export function expectationOf(definition: ValueDefinition): string {
  switch (definition.format) {
    case 'boolean':
      return 'true or false';
    case 'integer': {
      const bounds = boundsOf(definition);
      return bounds === '' ? 'an integer' : `an integer ${bounds}`;
    }
    case 'text':
      return definition.expected ?? (definition.pattern ? `text that matches ${definition.pattern.source}` : 'text');
    case 'choice':
      return `one of ${definition.choices.join(', ')}`;
    case 'list':
      return definition.items === 'address'
        ? 'a list of host:port, split by commas or white space'
        : 'a list, split by commas or white space';
    case 'url':
      return definition.protocols === undefined
        ? 'a URL'
        : `a URL that begins with ${definition.protocols.map((protocol) => `${protocol}://`).join(' or ')}`;
    case 'address':
      return 'an address host:port';
  }
}

/** The limits of a value in words, empty where there are none. */
export function boundsOf(definition: ValueDefinition): string {
  if (definition.format === 'choice') return definition.choices.join(', ');
  if (definition.format !== 'integer') return '';
  const { min, max } = definition;
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  if (min !== undefined) return `of at least ${min}`;
  return max === undefined ? '' : `of at most ${max}`;
}
