import type { StackDescription } from './stack-file.ts';

/** What `pnpm relay` runs the relay's main with, beside its own arguments. */
export interface RelayCommand {
  /** Variables on top of the environment. */
  readonly env: Record<string, string>;
  /** To be said before, where something was filled in. */
  readonly note: string | undefined;
}

/** These need no stack, or make their own relay of it. */
const ownCommands: ReadonlySet<string> = new Set(['serve', 'config', 'help']);

const asIs: RelayCommand = { env: {}, note: undefined };

/**
 * What a command for operators needs to know of the stack that runs in this folder, where nobody said which database is meant. A relay that
 * is to publish (`serve`, also without a name) is left alone: it must not publish by accident. Flags still win; variables of the publisher
 * do not, since those of another Kafka than the stack's would mislead.
 */
export function relayCommand(
  argv: readonly string[],
  given: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly findStack: () => { readonly path: string; readonly description: StackDescription } | undefined;
  },
): RelayCommand {
  const { environment, findStack } = given;
  const [command] = argv;
  if (command === undefined || command.startsWith('-') || ownCommands.has(command)) return asIs;
  if (argv.some((word) => /^(?:--database-url|--config-file|--help|-h)(?:-file)?(?:=|$)/.test(word))) return asIs;
  const isGiven = (variable: string) =>
    [variable, `NUMARY_${variable}`].some((name) => (environment[name] ?? '') !== '');
  if (['DATABASE_URL', 'DATABASE_URL_FILE', 'CONFIG_FILE'].some(isGiven)) return asIs;
  const stack = findStack();
  if (stack === undefined) return asIs;
  const { databaseUrl, kafkaBrokers, topicMapping, relayUrls } = stack.description;
  const env: Record<string, string> = {
    DATABASE_URL: databaseUrl,
    PUBLISHER_KAFKA_ENABLED: 'true',
    PUBLISHER_KAFKA_BROKER: kafkaBrokers.join(','),
    PUBLISHER_TOPIC_MAPPING: topicMapping,
  };
  const [relayUrl] = relayUrls;
  if (relayUrl !== undefined) env['HTTP_BIND'] = new URL(relayUrl).host;
  return { env, note: `Using the stack that ${stack.path} describes.` };
}
