const foreign = ['STACK_KAFKA_BROKER', 'DATABASE_URL', 'DATABASE_URL_FILE', 'PUBLISHER_KAFKA_BROKER'];
const alias = 'NUMARY_';

/**
 * Why chaos does not run: it kills, stops and starves PostgreSQL and Kafka, so it works on those alone that it starts
 * itself, and refuses where the environment names others. Undefined when none is named. The value is not shown: it may
 * hold a password.
 */
export function refusalOf(read: (name: string) => string | undefined): string | undefined {
  const named = foreign.flatMap((name) => [name, `${alias}${name}`]).filter((name) => (read(name) ?? '') !== '');
  return named.length === 0
    ? undefined
    : `Chaos refuses any broker or database that it did not start, and the environment names one: unset ${named.join(', ')}.`;
}
