import { curvesSubject } from './curves-benchmark.ts';
import { ledgerSubject } from './ledger-benchmark.ts';
import { latencySubject } from './latency-benchmark.ts';
import { listsSubject } from './lists-benchmark.ts';
import { peersSubject } from './peers-benchmark.ts';
import { relaySubject } from './relay-benchmark.ts';
import { soakSubject } from './soak-benchmark.ts';
import type { Subject } from './subject.ts';
import { takeoverSubject } from './takeover-benchmark.ts';

/** All that can be measured, in the order of the usage. */
export const subjects: readonly Subject[] = [
  ledgerSubject,
  relaySubject,
  latencySubject,
  takeoverSubject,
  listsSubject,
  soakSubject,
  curvesSubject,
  peersSubject,
];
