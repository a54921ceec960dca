/** The columns of `TransactionParts`: finished JSON, put together as it is. Timestamps in whole seconds, as v1 shows them. */
export const transactionColumns = `
  txid,
  postings,
  to_json(coalesce(reference, '')) as reference,
  metadata,
  pre_commit_volumes as "preCommitVolumes",
  post_commit_volumes as "postCommitVolumes",
  to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as timestamp`;
