import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kafkaClients, type KafkaClientName } from './bare-client.ts';

const main = fileURLToPath(new URL('../services/relay/src/main.ts', import.meta.url));
const setting = 'PUBLISHER_KAFKA_CLIENT';

export interface RelayClients {
  /** Which one the relay uses unless told. */
  readonly preset: KafkaClientName;
  /** What the relay has to be told to use a client; of those that it takes. */
  readonly settings: ReadonlyMap<KafkaClientName, Readonly<Record<string, string>>>;
  /** One sentence for each of those that it does not. */
  readonly refusals: readonly string[];
}

/** Asks the relay itself which of the Kafka clients it takes. */
export async function relayClients(wanted: readonly KafkaClientName[]): Promise<RelayClients> {
  const preset = (await usedWith({})) ?? 'kafkajs';
  const settings = new Map<KafkaClientName, Readonly<Record<string, string>>>();
  const refusals: string[] = [];
  for (const client of wanted) {
    const used = await usedWith({ [setting]: client }).catch((error: Error) => error);
    if (used === client) settings.set(client, { [setting]: client });
    // A relay without the setting has one client.
    else if (used === undefined && client === preset) settings.set(client, {});
    else {
      const why = used instanceof Error ? used.message : 'has no such setting';
      refusals.push(`${client} is left out, since the relay does not take ${setting}=${client}: ${why}`);
    }
  }
  return { preset, settings, refusals };
}

/** The client that the relay would use; undefined when it has no such setting. */
async function usedWith(env: Readonly<Record<string, string>>): Promise<KafkaClientName | undefined> {
  const url = 'postgresql://bench@localhost/bench';
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'config'], {
    env: { DATABASE_URL: url, ...env },
  });
  const [, used] = new RegExp(`^${setting} +(\\S+)`, 'm').exec(stdout) ?? [];
  return kafkaClients.find((client) => client === used);
}
