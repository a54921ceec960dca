/** PostgreSQL settings of a relay's sessions, on top of those of every session. */
export const relaySession = {
  // Positions that a crash of the database takes with it are stated again, or cost repeats. Flushing each one to disk made a drain wait
  // for the disk, at worst 44 s for 512,000 rows instead of 16 s, and made the ledger's commits wait behind it.
  synchronous_commit: 'off',
  // A plan made for the values at hand reads and sorts all that a lane has waiting: 7.6 rows for each one fetched, where 420 waited in
  // each of 64 lanes. The one for any values stops at the limit.
  plan_cache_mode: 'force_generic_plan',
};
