/** One error of a chain of causes. */
export interface ErrorLink {
  readonly name: string;
  readonly message: string;
  /** Kafka's name of what went wrong, which kafkajs has in `type` and @platformatic/kafka in `apiId`; or Node's code. */
  readonly codes: readonly string[];
  readonly error: Error;
}

const chainLengthMax = 20;

/** An error, its causes, and the errors that it aggregates. */
export function chainOf(error: unknown): readonly ErrorLink[] {
  const chain: ErrorLink[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && chain.length < chainLengthMax) {
    const link = queue.shift();
    if (!(link instanceof Error)) continue;
    const codes = ['type', 'apiId', 'code'].flatMap((name) => {
      const value: unknown = Reflect.get(link, name);
      return typeof value === 'string' ? [value] : [];
    });
    chain.push({ name: link.name, message: link.message, codes, error: link });
    if ('errors' in link && Array.isArray(link.errors)) queue.push(...(link.errors as unknown[]));
    queue.push(link.cause);
  }
  return chain;
}
