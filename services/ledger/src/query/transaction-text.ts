/** A row of `transaction` as finished JSON, as `writeExpandedTransaction` writes it. Timestamps in whole seconds, as v1 shows them. */
export const transactionText = `concat(
    '{"postings":', postings,
    ',"reference":', to_json(coalesce(reference, '')),
    ',"metadata":', metadata,
    ',"txid":', txid,
    ',"preCommitVolumes":', pre_commit_volumes,
    ',"postCommitVolumes":', post_commit_volumes,
    ',"timestamp":"', to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '"}'
  )`;
