/** What a scheme of the header `Authorization` makes of the credentials behind its name. */
export type Verdict =
  | {
      readonly kind: 'caller';
      /** Undefined for one that holds all. */
      readonly scopes: ReadonlySet<string> | undefined;
      readonly subject: string | undefined;
    }
  /** The reason is for the log and holds nothing of the credentials. */
  | { readonly kind: 'denied'; readonly reason: string };

export interface Scheme {
  /** In lower case, as it stands in the header. */
  readonly name: 'basic' | 'bearer';
  /** For `WWW-Authenticate`. */
  readonly challenge: string;
  check(credentials: string): Verdict | Promise<Verdict>;
}
