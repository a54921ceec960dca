import type { KafkaLogin } from '../access.ts';
import type { ClientLibrary, ClientLibraryOptions } from '../client-library.ts';
import type { Sender } from '../sender.ts';
import type { TopicAdmin } from '../topic-admin.ts';
import { PlatformaticSender } from './sender.ts';
import { PlatformaticTopicAdmin } from './topic-admin.ts';

export class PlatformaticLibrary implements ClientLibrary {
  readonly #options: ClientLibraryOptions;

  constructor(options: ClientLibraryOptions) {
    this.#options = options;
  }

  async openSender(signal: AbortSignal): Promise<Sender> {
    const { access, sendTimeoutMs, compression } = this.#options;
    await fetchToken(access.login);
    return await PlatformaticSender.open({ access, sendTimeoutMs, compression, signal });
  }

  async openTopicAdmin(signal: AbortSignal): Promise<TopicAdmin> {
    const { access, sendTimeoutMs } = this.#options;
    await fetchToken(access.login);
    return new PlatformaticTopicAdmin({ access, timeoutMs: sendTimeoutMs, signal });
  }
}

/** Before connecting: a connection that waits for a token is given up as one that cannot be made, and the token's own fault is not heard. */
async function fetchToken(login: KafkaLogin | undefined): Promise<void> {
  if (login?.mechanism === 'OAUTHBEARER') await login.tokens.get();
}
