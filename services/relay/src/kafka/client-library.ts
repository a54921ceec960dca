import type { Logger } from '@daybook/runtime';
import type { Compression } from '../compression.ts';
import type { ClientLibraryName } from '../kafka-client.ts';
import type { KafkaAccess } from './access.ts';
import { KafkajsLibrary } from './kafkajs/library.ts';
import { PlatformaticLibrary } from './platformatic/library.ts';
import type { Sender } from './sender.ts';
import type { TopicAdmin } from './topic-admin.ts';

export interface ClientLibraryOptions {
  readonly access: KafkaAccess;
  readonly logger: Logger;
  /** How long one send, or one question, may take. */
  readonly sendTimeoutMs: number;
  readonly compression: Compression;
}

/** What the publisher needs of a client library. Both give up and cut their connections when the signal aborts. */
export interface ClientLibrary {
  /** Connects, and has the cluster hand out a producer id. */
  openSender(signal: AbortSignal): Promise<Sender>;
  openTopicAdmin(signal: AbortSignal): Promise<TopicAdmin>;
}

export function openLibrary(name: ClientLibraryName, options: ClientLibraryOptions): ClientLibrary {
  switch (name) {
    case 'kafkajs':
      return new KafkajsLibrary(options);
    case 'platformatic':
      return new PlatformaticLibrary(options);
  }
}
