/** One further way to reach the broker, beside the plain one. */
export interface KafkaListener {
  /** Upper-case letters; the prefix of its properties is made of it. */
  name: string;
  port: number;
  /** Where clients that come by it are sent, when a proxy stands there. */
  advertisedPort?: number;
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** The broker's properties that hold for this listener alone, without the prefix `listener.name.NAME.`. */
  properties: Record<string, string>;
}

/** A user whom the broker knows by SCRAM from its first start on. */
interface KafkaScramUser {
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  name: string;
  password: string;
}

/** What a broker demands beside its plain listener. */
export interface KafkaSecurity {
  listeners: KafkaListener[];
  scramUsers: KafkaScramUser[];
  /** System properties of the broker's Java. */
  systemProperties: Record<string, string>;
}

/** The properties of the further listeners. `listeners` and `advertised.listeners` are the caller's, since they name the plain one too. */
export function securityProperties({ listeners }: KafkaSecurity): Record<string, string> {
  const protocols = listeners.map(({ name, protocol }) => `,${name}:${protocol}`).join('');
  const properties: Record<string, string> = {
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    // By default a refused client waits a while for its answer, which guards a real broker and only makes tests slow.
    'connection.failed.authentication.delay.ms': '0',
  };
  for (const listener of listeners) {
    for (const [name, value] of Object.entries(listener.properties)) {
      properties[`listener.name.${listener.name.toLowerCase()}.${name}`] = value;
    }
  }
  return properties;
}

/** The further listeners as the broker's `listeners` wants them, each behind a comma. */
export function securityListeners(security: KafkaSecurity | undefined): string {
  return (security?.listeners ?? []).map(({ name, port }) => `,${name}://127.0.0.1:${port}`).join('');
}

/** The same as clients are told. */
export function advertisedListeners(security: KafkaSecurity | undefined): string {
  return (security?.listeners ?? [])
    .map(({ name, port, advertisedPort = port }) => `,${name}://127.0.0.1:${advertisedPort}`)
    .join('');
}

/** What StorageTool is told to make these users. */
export function scramArguments({ scramUsers }: KafkaSecurity): string[] {
  return scramUsers.flatMap(({ mechanism, name, password }) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ]);
}

/** What Java is told to set its system properties. */
export function systemPropertyFlags({ systemProperties }: KafkaSecurity): string[] {
  return Object.entries(systemProperties).map(([name, value]) => `-D${name}=${value}`);
}
