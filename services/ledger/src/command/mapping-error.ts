/** A contract that cannot be compiled: its pattern or expression is not one. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}
