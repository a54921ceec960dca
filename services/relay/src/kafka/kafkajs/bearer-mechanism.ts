import type { Mechanism } from 'kafkajs';
import { exchangeBearer } from '../bearer-exchange.ts';
import type { BearerTokens } from '../bearer-token.ts';

/** SASL OAUTHBEARER by a mechanism of ours, since that of kafkajs does not read the broker's answer. */
export function bearerMechanism(tokens: BearerTokens): Mechanism {
  return {
    mechanism: 'OAUTHBEARER',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const ask = async (message: Buffer) =>
          await saslAuthenticate({
            request: { encode: () => withLength(message) },
            response: { decode: (answer) => answer.subarray(4), parse: (answer) => answer.toString('utf8') },
          });
        await exchangeBearer(tokens, ask, (answer) => answer ?? '');
      },
    }),
  };
}

/** What SASL exchanges goes with its length in front, as kafkajs wants it. */
function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}
