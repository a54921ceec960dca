import type { FaultKind } from '../fault-kind.ts';
import { holdSnapshot, starvePools } from './database-faults.ts';
import type { Fault } from './fault.ts';
import { failDisk, recreateTopic, refuseLargeRecord } from './kafka-faults.ts';
import { cutLink, silenceLink, slowLink } from './network-faults.ts';
import {
  killKafka,
  killLedger,
  killPostgres,
  killRelay,
  oversleep,
  pausePostgres,
  pauseProcess,
  quitPostgres,
} from './process-faults.ts';

const relayPostgres = { from: 'relay', to: 'postgres' } as const;
const relayKafka = { from: 'relay', to: 'kafka' } as const;
const ledgerPostgres = { from: 'ledger', to: 'postgres' } as const;

/** How each kind is injected. */
export const faults: Readonly<Record<FaultKind, Fault>> = {
  'relay-killed': killRelay,
  'relay-paused': pauseProcess('relay'),
  'relay-overslept': oversleep,
  'ledger-killed': killLedger,
  'ledger-paused': pauseProcess('ledger'),
  'postgres-killed': killPostgres,
  'postgres-quit': quitPostgres,
  'postgres-paused': pausePostgres,
  'kafka-killed': killKafka,
  'kafka-paused': pauseProcess('kafka'),
  'relay-postgres-cut': cutLink(relayPostgres),
  'relay-postgres-silent': silenceLink(relayPostgres),
  'relay-postgres-slow': slowLink(relayPostgres),
  'relay-kafka-cut': cutLink(relayKafka),
  'relay-kafka-silent': silenceLink(relayKafka),
  'relay-kafka-slow': slowLink(relayKafka),
  'ledger-postgres-cut': cutLink(ledgerPostgres),
  'ledger-postgres-silent': silenceLink(ledgerPostgres),
  'ledger-postgres-slow': slowLink(ledgerPostgres),
  'topic-recreated': recreateTopic,
  'record-too-large': refuseLargeRecord,
  'disk-read-only': failDisk,
  'snapshot-held': holdSnapshot,
  'pool-starved': starvePools,
};
