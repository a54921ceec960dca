/** A transaction's parts as finished JSON, made once and put together by each place that shows it. */
export interface TransactionParts {
  readonly txid: number;
  readonly postings: string;
  /** Quoted; `""` when there is none. */
  readonly reference: string;
  readonly metadata: string;
  readonly preCommitVolumes: string;
  readonly postCommitVolumes: string;
  /** Not quoted: RFC 3339 in UTC, whole seconds, as v1 shows it. */
  readonly timestamp: string;
}

/** A transaction with its volumes: v1.12's REST answers, and events of v1.10. */
export function writeExpandedTransaction(parts: TransactionParts): string {
  return `${start(parts)},"preCommitVolumes":${parts.preCommitVolumes},"postCommitVolumes":${parts.postCommitVolumes}${end(parts)}`;
}

/** A transaction without volumes: events of v1.4. */
export function writePlainTransaction(parts: TransactionParts): string {
  return start(parts) + end(parts);
}

function start(parts: TransactionParts): string {
  return `{"postings":${parts.postings},"reference":${parts.reference},"metadata":${parts.metadata},"txid":${parts.txid}`;
}

function end(parts: TransactionParts): string {
  return `,"timestamp":"${parts.timestamp}"}`;
}
