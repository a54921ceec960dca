import type { Pool } from '@daybook/postgres';
import type { RelaySettings } from '../config.ts';
import type { ClusterView, KafkaInspector } from '../kafka/inspector.ts';
import type { TopicMapping } from '../topic-mapping.ts';
import type { SessionAnswers } from './session-probe.ts';

/** What the doctor looks at, and by which measure. */
export interface DoctorSubject {
  readonly settings: RelaySettings;
  readonly mapping: TopicMapping;
  /** With the session settings that the services ask for. */
  readonly pool: Pool;
  /** What a connection keeps, asked once, while nobody else asks. */
  readonly session: () => Promise<SessionAnswers>;
  /** As any other program's sessions: with what the server gives them. */
  readonly barePool: Pool;
  /** @throws Error naming the setting whose file cannot be read */
  readonly inspector: () => KafkaInspector;
  /** The cluster and the topics of the mapping, asked once. */
  readonly cluster: () => Promise<ClusterView>;
  /** How long a transaction may be open. */
  readonly transactionAgeMaxSeconds: number;
  /** The ledger's EVENT_BYTES_MAX. */
  readonly eventBytesMax: number;
}
