export { openAuditorDatabase, type AuditorDatabase, type AuditorSession } from './auditor-connection.ts';
export {
  countPublished,
  countUnpublished,
  readHolds,
  readLogVolumes,
  readMoves,
  readOutbox,
  readPositions,
  readTallies,
} from './auditor-database.ts';
export { parseExact, type ExactJson, type ExactObject } from './auditor-event.ts';
export { type Fault, type Finding } from './auditor-findings.ts';
export { groupBy, type OutboxEntry, type TopicRecord } from './auditor-history.ts';
export { type AccountVolumes } from './auditor-money.ts';
export { readRestVolumes } from './auditor-rest.ts';
export { audit, type Audit, type AuditInput } from './auditor.ts';
export { CertificateAuthority, type Identity } from './certificate-authority.ts';
export { type ReportedWrite } from './auditor-writes.ts';
export { createTopic } from './create-topic.ts';
export { createDatabase, type TestDatabase, type CreateDatabaseOptions } from './database.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { isAlive } from '../process-table.ts';
export { produceRecord } from './produce-record.ts';
export { HttpReceiver, type ReceivedRecord, type ReceiverAnswer } from './http-receiver.ts';
export { SecuredKafka } from './secured-kafka.ts';
export { TcpProxy } from './tcp-proxy.ts';
export { TokenEndpoint } from './token-endpoint.ts';
export { countAppended, deleteTopic, limitRecords } from './topic-operator.ts';
export { readWholeTopic, type Offsets } from './topic-reader.ts';
export { Random } from './workload-random.ts';
export { type PlannedWrite } from './workload-plan.ts';
export { Workload, type WorkloadCounts, type WorkloadOptions } from './workload.ts';
export { TraceReceiver } from './trace-receiver.ts';
