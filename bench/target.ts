/** How a figure, or a ratio, is held against its target. */
export type Direction = '>=' | '<=';

export interface Target {
  readonly target: number | undefined;
  /** The target is the most that is allowed, unless told that it is the least. */
  readonly direction?: Direction;
}

/** Nothing is said where there is no target. */
export function isMet(figure: number, { target, direction = '<=' }: Target): boolean | undefined {
  if (target === undefined) return undefined;
  return direction === '>=' ? figure >= target : figure <= target;
}
