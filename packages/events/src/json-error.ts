/** Why a text was not taken as JSON. */
export type JsonErrorReason =
  | 'empty'
  | 'malformed'
  | 'nul'
  | 'lone-surrogate'
  | 'forbidden-key'
  | 'too-deep'
  | 'too-many-digits'
  | 'out-of-range';

/** A text that is not JSON, or JSON that could not be stored as it is. The sender's fault. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly reason: JsonErrorReason;

  constructor(reason: JsonErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
