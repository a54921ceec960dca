import { AccessFault } from './access-fault.ts';
import type { BearerTokens } from './bearer-token.ts';
import { isRefusedLogin } from './failure.ts';

const reasonCharsMax = 200;

/**
 * Authenticates by SASL OAUTHBEARER (RFC 7628). Client libraries do not read the broker's answer: after a token that was refused they go
 * on as if it were accepted, and all that shows is a connection that is closed a little later.
 *
 * @param ask Sends a message of the exchange and gives the broker's answer.
 * @throws AccessFault when the broker refuses the token
 */
export async function exchangeBearer<Answer>(
  tokens: BearerTokens,
  ask: (message: Buffer) => Promise<Answer>,
  textOf: (answer: Answer) => string,
): Promise<Answer> {
  const token = await tokens.get();
  const refuse = (reason: string, cause?: unknown) => {
    tokens.forget(token);
    return new AccessFault(`the broker refuses the token: ${reason}`, {
      settings: tokens.settings,
      mayPass: false,
      cause,
    });
  };
  let answer: Answer;
  try {
    answer = await ask(Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`));
    // An answer with words in it is a refusal, which the client has to acknowledge (RFC 7628, section 3.2.3).
    if (textOf(answer) !== '') await ask(Buffer.from('\u0001'));
  } catch (error) {
    if (!isRefusedLogin(error)) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  if (textOf(answer) !== '') throw refuse(textOf(answer).slice(0, reasonCharsMax));
  return answer;
}
