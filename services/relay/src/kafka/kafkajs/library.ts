import { CompressionTypes } from 'kafkajs';
import type { ClientLibrary, ClientLibraryOptions } from '../client-library.ts';
import type { Sender } from '../sender.ts';
import type { TopicAdmin } from '../topic-admin.ts';
import { KafkajsClient } from './client.ts';
import { KafkajsSender } from './sender.ts';
import { KafkajsTopicAdmin } from './topic-admin.ts';

export class KafkajsLibrary implements ClientLibrary {
  readonly #options: ClientLibraryOptions;

  constructor(options: ClientLibraryOptions) {
    this.#options = options;
  }

  async openSender(signal: AbortSignal): Promise<Sender> {
    const { access, logger, sendTimeoutMs, compression } = this.#options;
    return await KafkajsSender.open(new KafkajsClient(access, logger), {
      sendTimeoutMs,
      compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
      signal,
    });
  }

  async openTopicAdmin(signal: AbortSignal): Promise<TopicAdmin> {
    const { access, logger, sendTimeoutMs } = this.#options;
    return await KafkajsTopicAdmin.open(new KafkajsClient(access, logger), { timeoutMs: sendTimeoutMs, signal });
  }
}
