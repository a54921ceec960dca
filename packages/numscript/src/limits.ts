/** What a script may be at most. v1 has none of these limits but for 32,768 variables. */
export const limits = {
  /** Of UTF-8. */
  sourceBytesMax: 131_072,
  /** Of sources and destinations within one another. */
  depthMax: 50,
  variablesMax: 4_000,
  /** Of the numerator and the denominator of a portion, as written. Allotting multiplies all denominators. */
  portionDigitsMax: 40,
  /** How many `meta()` may build on one another: each asks the database once more. */
  metaDepthMax: 8,
  /** Places of a script where an account is a source or a destination: so many pairs may have to be loaded under the lane's lock. */
  accountsMax: 4_000,
  /** Of all values that `set_tx_meta` and `set_account_meta` store in one run: a variable may be stored many times. */
  storedCharactersMax: 1_000_000,
  /**
   * Of one run: expressions evaluated, and parts of fundings looked at. Some 50 ms, twice that with amounts of 1,000 digits; all else in the
   * process waits meanwhile.
   */
  stepsMax: 250_000,
  /** After so many faults a compiler's list ends. */
  errorsMax: 10,
} as const;
