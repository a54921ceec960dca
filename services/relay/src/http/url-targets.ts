import { longestTopic, shownTarget, TopicMappingError, type TargetRule } from '../topic-mapping.ts';

/** Scheme, credentials, host with port, path and query, fragment. */
const form = /^(https?):\/\/(?:([^/?#]*)@)?([^/?#@]*)([/?][^#]*)?(#.*)?$/i;

const urlLengthMax = 2_000;

/**
 * The rule for targets that are URLs. Topics are the URLs without credentials, so that these show in no metric, log or error; what was
 * cut off is kept here, by origin. Placeholders stand in the path and the query only, so that no ledger's name chooses a host and the
 * origins are few and known.
 */
export class UrlTargets implements TargetRule {
  readonly takesTypes = false;
  /** Value of the Authorization header by origin; undefined where the URL has no credentials. */
  readonly #authorizations = new Map<string, string | undefined>();

  /** Where connections go: `https://host:port`. */
  get origins(): readonly string[] {
    return [...this.#authorizations.keys()];
  }

  authorizationOf(origin: string): string | undefined {
    return this.#authorizations.get(origin);
  }

  read(target: string): string {
    const refuse = (why: string): never => {
      throw new TopicMappingError(`names an illegal URL, ${shownTarget(target)}: ${why}`);
    };
    const parts = form.exec(target) ?? refuse('with PUBLISHER_HTTP_ENABLED it must begin with http:// or https://');
    const [, scheme = '', credentials, host = '', rest = '', fragment] = parts;
    if (fragment !== undefined) refuse('a fragment is never sent, write # as %23');
    if (/[{}]/.test(`${credentials ?? ''}${host}`)) refuse('placeholders belong in its path or query');
    if (/[{}]/.test(longestTopic(rest))) refuse('the placeholders are {ledger} and {type}');
    if (/[^\x21-\x7e]/.test(rest)) refuse('what is not ASCII must be written as %XX');
    if (hasDotSegment(rest)) refuse('its path must not have . or .. between slashes');
    const longest = longestTopic(`${scheme}://${host}${rest}`);
    const { origin } = URL.parse(longest) ?? refuse('its host or port is not valid');
    if (longest.length > urlLengthMax)
      refuse(`it could be ${longest.length} characters long, and ${urlLengthMax} are allowed`);
    const authorization =
      credentials === undefined
        ? undefined
        : (basic(credentials) ?? refuse('credentials are USER:PASSWORD, other characters as %XX'));
    if (this.#authorizations.has(origin) && this.#authorizations.get(origin) !== authorization)
      refuse(`other entries give other credentials for ${origin}, or none`);
    this.#authorizations.set(origin, authorization);
    return `${origin}${rest.startsWith('/') ? '' : '/'}${rest}`;
  }
}

/** Whether clients and servers would read another path into it, as they may with a ledger named `..`. */
export function hasDotSegment(url: string): boolean {
  const [path = ''] = url.split('?', 1);
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

function basic(credentials: string): string | undefined {
  const colon = credentials.indexOf(':');
  if (colon < 1 || colon === credentials.length - 1) return undefined;
  try {
    const [user, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)].map(decodeURIComponent);
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  } catch {
    return undefined;
  }
}
