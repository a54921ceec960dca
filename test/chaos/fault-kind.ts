/** Every kind of fault that schedules are made of. */
export const faultKinds = [
  'relay-killed',
  'relay-paused',
  'relay-overslept',
  'ledger-killed',
  'ledger-paused',
  'postgres-killed',
  'postgres-quit',
  'postgres-paused',
  'kafka-killed',
  'kafka-paused',
  'relay-postgres-cut',
  'relay-postgres-silent',
  'relay-postgres-slow',
  'relay-kafka-cut',
  'relay-kafka-silent',
  'relay-kafka-slow',
  'ledger-postgres-cut',
  'ledger-postgres-silent',
  'ledger-postgres-slow',
  'topic-recreated',
  'record-too-large',
  'disk-read-only',
  'snapshot-held',
  'pool-starved',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How a kind of fault is planned. */
export interface FaultRule {
  /** What is done, for tables. */
  readonly says: string;
  /** Which place it hits, where there are several of its kind. */
  readonly place: 'relay' | 'ledger' | 'none';
  /** How long it lasts, least and most; 0 where its own course decides. */
  readonly durationMs: readonly [number, number];
  /** It takes so long that a schedule has one such at most, besides the one that it is to have. */
  readonly isLong: boolean;
  /** What it needs for itself, `#` standing for the index of its place: faults that share nothing may overlap. */
  readonly claims: readonly Claim[];
}

type Claim =
  | 'relay-#'
  | 'ledger-#'
  | 'relays'
  | 'postgres'
  | 'kafka'
  | 'link-relay-#-kafka'
  | 'link-relay-#-postgres'
  | 'link-ledger-#-postgres'
  | 'links'
  | 'snapshot';

/** Everything on the way from the outbox to the topic: for faults whose effect must be seen before they end. */
const wholeWay = ['relays', 'links', 'postgres', 'kafka'] as const;

export const faultRules: Readonly<Record<FaultKind, FaultRule>> = {
  'relay-killed': {
    says: 'SIGKILL of a relay',
    place: 'relay',
    durationMs: [0, 0],
    isLong: false,
    claims: ['relay-#'],
  },
  'relay-paused': {
    says: 'SIGSTOP of a relay for less than its death, then SIGCONT',
    place: 'relay',
    durationMs: [150, 900],
    isLong: false,
    claims: ['relay-#'],
  },
  'relay-overslept': {
    says: 'SIGSTOP of a relay until another has published in its place, then SIGCONT',
    place: 'relay',
    durationMs: [0, 0],
    isLong: false,
    claims: wholeWay,
  },
  'ledger-killed': {
    says: 'SIGKILL of a ledger',
    place: 'ledger',
    durationMs: [0, 0],
    isLong: false,
    claims: ['ledger-#'],
  },
  'ledger-paused': {
    says: 'SIGSTOP of a ledger, with the locks that it holds, then SIGCONT',
    place: 'ledger',
    durationMs: [500, 6_500],
    isLong: false,
    claims: ['ledger-#'],
  },
  'postgres-killed': {
    says: 'SIGKILL of PostgreSQL with all its sessions',
    place: 'none',
    durationMs: [0, 0],
    isLong: false,
    claims: ['postgres'],
  },
  'postgres-quit': {
    says: 'SIGQUIT of PostgreSQL, which drops everything and recovers',
    place: 'none',
    durationMs: [0, 0],
    isLong: false,
    claims: ['postgres'],
  },
  'postgres-paused': {
    says: 'SIGSTOP of PostgreSQL with all its sessions, then SIGCONT',
    place: 'none',
    durationMs: [300, 3_000],
    isLong: false,
    claims: ['postgres'],
  },
  'kafka-killed': { says: 'SIGKILL of Kafka', place: 'none', durationMs: [0, 0], isLong: true, claims: ['kafka'] },
  'kafka-paused': {
    says: 'SIGSTOP of Kafka, then SIGCONT',
    place: 'none',
    durationMs: [300, 5_000],
    isLong: false,
    claims: ['kafka'],
  },
  'relay-postgres-cut': {
    says: 'connections of a relay to PostgreSQL reset, and refused for a while',
    place: 'relay',
    durationMs: [0, 4_000],
    isLong: false,
    claims: ['link-relay-#-postgres'],
  },
  'relay-postgres-silent': {
    says: 'connections of a relay to PostgreSQL half-open: all bytes are swallowed',
    place: 'relay',
    durationMs: [500, 4_000],
    isLong: false,
    claims: ['link-relay-#-postgres'],
  },
  'relay-postgres-slow': {
    says: 'connections of a relay to PostgreSQL slowed by 10 to 200 ms each way',
    place: 'relay',
    durationMs: [500, 3_000],
    isLong: false,
    claims: ['link-relay-#-postgres'],
  },
  'relay-kafka-cut': {
    says: 'connections of a relay to Kafka reset, and refused for a while',
    place: 'relay',
    durationMs: [0, 4_000],
    isLong: false,
    claims: ['link-relay-#-kafka'],
  },
  'relay-kafka-silent': {
    says: 'connections of a relay to Kafka half-open: all bytes are swallowed',
    place: 'relay',
    durationMs: [500, 4_000],
    isLong: false,
    claims: ['link-relay-#-kafka'],
  },
  'relay-kafka-slow': {
    says: 'connections of a relay to Kafka slowed by 10 to 200 ms each way',
    place: 'relay',
    durationMs: [500, 3_000],
    isLong: false,
    claims: ['link-relay-#-kafka'],
  },
  'ledger-postgres-cut': {
    says: 'connections of a ledger to PostgreSQL reset, and refused for a while',
    place: 'ledger',
    durationMs: [0, 3_000],
    isLong: false,
    claims: ['link-ledger-#-postgres'],
  },
  'ledger-postgres-silent': {
    says: 'connections of a ledger to PostgreSQL half-open: all bytes are swallowed',
    place: 'ledger',
    durationMs: [500, 3_000],
    isLong: false,
    claims: ['link-ledger-#-postgres'],
  },
  'ledger-postgres-slow': {
    says: 'connections of a ledger to PostgreSQL slowed by 10 to 200 ms each way',
    place: 'ledger',
    durationMs: [500, 3_000],
    isLong: false,
    claims: ['link-ledger-#-postgres'],
  },
  'topic-recreated': {
    says: 'the topic deleted, left missing while relays publish, and made again',
    place: 'none',
    durationMs: [300, 1_500],
    isLong: true,
    claims: wholeWay,
  },
  'record-too-large': {
    says: 'a record larger than the topic takes: parked, its ledger held, and sent again once the limit is raised',
    place: 'none',
    durationMs: [200, 1_500],
    isLong: true,
    claims: wholeWay,
  },
  'disk-read-only': {
    says: "Kafka's disk read-only until it gives up, then repaired and mounted again",
    place: 'none',
    durationMs: [0, 0],
    isLong: true,
    claims: ['kafka'],
  },
  'snapshot-held': {
    says: 'a snapshot of the outbox held open, through the schedules that follow',
    place: 'none',
    durationMs: [0, 0],
    isLong: false,
    claims: ['snapshot'],
  },
  'pool-starved': {
    says: 'every connection that PostgreSQL allows taken away, again and again',
    place: 'none',
    durationMs: [500, 2_500],
    isLong: false,
    claims: ['postgres'],
  },
};
