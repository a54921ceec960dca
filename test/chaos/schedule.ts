import { Random } from '../../packages/stack/src/testing/index.ts';
import { faultKinds, faultRules, type FaultKind } from './fault-kind.ts';

/** How many processes a stack under chaos has. */
export const places = { relay: 3, ledger: 2 } as const;

/** One fault of a schedule. */
export interface Step {
  readonly kind: FaultKind;
  /** The index of the relay or ledger that it hits; 0 where there is one such thing only. */
  readonly place: number;
  /** How long after the start of the step before, or after the end of one that is in its way. */
  readonly pauseMs: number;
  readonly durationMs: number;
  /** How much later each chunk arrives, for a slow network. */
  readonly delayMs: number;
}

/** All that a seed decides: when the operating system runs which process is not among it. */
export interface Schedule {
  readonly number: number;
  /** Of the workload. */
  readonly seed: number;
  /** Written to by this schedule alone. */
  readonly ledgers: readonly string[];
  readonly clients: number;
  readonly writesPerSecondMax: number;
  /** Writing goes on until so many writes have committed. */
  readonly writesMin: number;
  readonly steps: readonly Step[];
}

const stepsLeast = 2;
const stepsMost = 5;
const slowestMs = 200;

/** What is drawn from besides the leads: more of what takes relays out, so that there are takeovers enough to speak of. */
const drawn: readonly FaultKind[] = [
  ...faultKinds,
  'relay-killed',
  'relay-killed',
  'relay-killed',
  'relay-killed',
  'relay-overslept',
  'ledger-killed',
];

const moreKills = [
  'relay-killed',
  'relay-killed',
  'relay-killed',
  'relay-killed',
  'relay-overslept',
  'ledger-killed',
  'ledger-killed',
  'ledger-killed',
  'ledger-killed',
  'postgres-killed',
  'postgres-quit',
] as const satisfies readonly FaultKind[];

/** Plans the schedule of that number; the same for the same seed and number, whatever else runs. */
export function planSchedule(seed: number, number: number): Schedule {
  const random = randomOf(seed, number);
  return planWith(random, number, pickKinds(random, leadOf(seed, number)));
}

/**
 * Plans a few schedules that have every kind once, but for those that need a disk of their own, and kills more often: the
 * most that a test run can wait for.
 */
export function planShort(seed: number, count: number): readonly Schedule[] {
  const kinds = shuffled([...faultKinds.filter((kind) => kind !== 'disk-read-only'), ...moreKills], randomOf(seed, -1));
  return Array.from({ length: count }, (_, number) => {
    const ofSchedule = kinds.filter((_kind, index) => index % count === number);
    return planWith(randomOf(seed, number), number, ofSchedule);
  });
}

function randomOf(seed: number, number: number): Random {
  return new Random(Math.imul(seed, 0x85ebca6b) ^ Math.imul(number + 1, 0x9e3779b1));
}

function planWith(random: Random, number: number, kinds: readonly FaultKind[]): Schedule {
  return {
    number,
    seed: random.between(0, 2 ** 32 - 1),
    ledgers: Array.from({ length: random.between(3, 8) }, (_, index) => `s${number}-${index}`),
    clients: random.between(8, 16),
    writesPerSecondMax: random.between(120, 240),
    writesMin: random.between(300, 450),
    steps: kinds.map((kind) => planStep(kind, random)),
  };
}

/** What a step needs for itself while it runs. */
export function claimsOf({ kind, place }: Step): readonly string[] {
  return faultRules[kind].claims.flatMap((claim): string[] => {
    switch (claim) {
      case 'relays':
        return indexes('relay').map((index) => `relay-${index}`);
      case 'links':
        return [
          ...indexes('relay').flatMap((index) => [`link-relay-${index}-kafka`, `link-relay-${index}-postgres`]),
          ...indexes('ledger').map((index) => `link-ledger-${index}-postgres`),
        ];
      default:
        return [claim.replace('#', String(place))];
    }
  });
}

function indexes(place: keyof typeof places): number[] {
  return Array.from({ length: places[place] }, (_, index) => index);
}

/** Each kind leads one schedule of as many in a row as there are kinds, so that none is left out by chance. */
function leadOf(seed: number, number: number): FaultKind {
  const round = Math.floor(number / faultKinds.length);
  const deck = shuffled(faultKinds, new Random(Math.imul(seed, 0xc2b2ae35) ^ Math.imul(round + 1, 0x27d4eb2f)));
  return deck[number % faultKinds.length] ?? faultKinds[0];
}

function pickKinds(random: Random, lead: FaultKind): FaultKind[] {
  const kinds = [lead];
  const count = random.between(stepsLeast, stepsMost);
  while (kinds.length < count) {
    const hasLong = kinds.some((kind) => faultRules[kind].isLong);
    kinds.push(random.pick(drawn.filter((kind) => !(hasLong && faultRules[kind].isLong))));
  }
  return shuffled(kinds, random);
}

function planStep(kind: FaultKind, random: Random): Step {
  const { place, durationMs } = faultRules[kind];
  const [least, most] = durationMs;
  return {
    kind,
    place: place === 'none' ? 0 : random.between(0, places[place] - 1),
    pauseMs: random.between(50, 900),
    durationMs: random.between(least, most),
    delayMs: kind.endsWith('-slow') ? random.between(10, slowestMs) : 0,
  };
}

function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  const left = [...values];
  const order: Value[] = [];
  while (left.length > 0) order.push(...left.splice(random.between(0, left.length - 1), 1));
  return order;
}
