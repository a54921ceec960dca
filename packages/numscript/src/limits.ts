/** What a script may be at most. v1 has none of these limits but for 32,768 variables. */
export const limits = {
  /** Of UTF-8. */
  sourceBytesMax: 65_536,
  /** Of sources and destinations within one another. */
  depthMax: 50,
  variablesMax: 1_000,
  /** Of the numerator and the denominator of a portion, as written. Allotting multiplies all denominators. */
  portionDigitsMax: 40,
  /** How many `meta()` may build on one another: each asks the database once more. */
  metaDepthMax: 8,
  /** Of one run: expressions evaluated, and parts of fundings looked at. Some 50 ms, for which all else in the process waits. */
  stepsMax: 250_000,
  /** After so many faults a compiler's list ends. */
  errorsMax: 10,
} as const;
