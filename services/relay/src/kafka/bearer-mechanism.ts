import type { Mechanism } from 'kafkajs';
import { AccessFault } from './access-fault.ts';
import type { BearerTokens } from './bearer-token.ts';

/**
 * SASL OAUTHBEARER (RFC 7628). kafkajs has it too, but does not read the broker's answer: after a token that was refused it goes on as
 * if it were accepted, and all that shows is a connection that is closed a little later.
 */
export function bearerMechanism(tokens: BearerTokens): Mechanism {
  return {
    mechanism: 'OAUTHBEARER',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const token = await tokens.get();
        const ask = async (message: string) =>
          await saslAuthenticate({
            request: { encode: () => withLength(Buffer.from(message)) },
            response: { decode: (answer) => answer.subarray(4), parse: (answer) => answer.toString('utf8') },
          });
        const refuse = (reason: string, cause?: unknown) => {
          tokens.forget(token);
          return new AccessFault(`the broker refuses the token: ${reason}`, {
            settings: tokens.settings,
            mayPass: false,
            cause,
          });
        };
        let answer: string | void;
        try {
          answer = await ask(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
          // An answer with words in it is a refusal, which the client has to acknowledge (RFC 7628, section 3.2.3).
          if (answer) await ask('\u0001');
        } catch (error) {
          if (!isRefusal(error)) throw error;
          throw refuse(error.message, error);
        }
        if (answer) throw refuse(answer.slice(0, reasonCharsMax));
      },
    }),
  };
}

const reasonCharsMax = 200;

/** What SASL exchanges goes with its length in front, as kafkajs wants it. */
function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'type' in error && error.type === 'SASL_AUTHENTICATION_FAILED';
}
