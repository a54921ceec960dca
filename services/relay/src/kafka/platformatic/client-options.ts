import type { BaseOptions, SASLOptions } from '@platformatic/kafka';
import type { KafkaAccess, KafkaLogin } from '../access.ts';
import { exchangeBearer } from '../bearer-exchange.ts';
import type { BearerTokens } from '../bearer-token.ts';

const connectTimeoutMs = 5_000;

/**
 * How every client of @platformatic/kafka is set up. Nothing is tried again inside: an idempotent producer of it tries for ever unless
 * that is forbidden by `false` (0 and 1 it takes for infinity), and the relay's own loop retries, by lane.
 */
export function clientOptions(access: KafkaAccess): BaseOptions {
  const { brokers, clientId, tls, login, requestTimeoutMs } = access;
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: requestTimeoutMs,
    retries: false,
    autocreateTopics: false,
    ...(tls !== undefined && { tls }),
    ...(login !== undefined && { sasl: saslOf(login) }),
  };
}

function saslOf(login: KafkaLogin): SASLOptions {
  if (login.mechanism === 'OAUTHBEARER') return bearerSasl(login.tokens);
  const { mechanism, username, password } = login;
  return { mechanism, username, password };
}

/** By an exchange of ours, since that of the library takes a refused token for accepted. */
function bearerSasl(tokens: BearerTokens): SASLOptions {
  return {
    mechanism: 'OAUTHBEARER',
    authenticate: (_mechanism, connection, saslAuthenticate, _username, _password, _token, callback) => {
      const ask = async (message: Buffer) => await saslAuthenticate.async(connection, message);
      exchangeBearer(tokens, ask, ({ authBytes }) => authBytes.toString('utf8')).then(
        // On a turn of its own, so that what the library throws in there is not taken for a refusal.
        (answer) => process.nextTick(callback, null, answer),
        (error: unknown) => process.nextTick(callback, error),
      );
    },
  };
}
