import type { ComparisonResult } from './measurement.ts';
import { folder, program, UsageError, wholeNumber } from './option.ts';
import { compareDrains } from './peer-drains.ts';
import { compareLedgers } from './peer-ledgers.ts';
import { subject } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

export const peersSubject = subject({
  name: 'peers',
  title: 'Beside others',
  about: "F1 to F6 the ledger beside Formance Ledger v1, D1 the relay beside Debezium's outbox event router",
  options: {
    formance: program('the binary of Formance Ledger v1, for F1 to F6'),
    seconds: wholeNumber('F: measured seconds of each run', 10, { min: 1, max: 600 }),
    'warm-up': wholeNumber('F: seconds before it that do not count', 3, { min: 0, max: 600 }),
    debezium: folder('the jars of Kafka Connect and Debezium, for D1'),
    rows: wholeNumber('D: rows that are drained, rounded up to a multiple of 8,000', 300_000, {
      min: 8_000,
      max: 20_000_000,
    }),
  },
  method: ({ seconds, 'warm-up': warmUp }) =>
    `F ${seconds} s each after ${warmUp} s of warm-up, D by how many records the topic has from time to time`,
  async run({ formance, debezium, seconds, 'warm-up': warmUpSeconds, rows }, conditions) {
    if (formance === undefined && debezium === undefined)
      throw new UsageError('bench peers needs --formance PROGRAM, --debezium FOLDER, or both');
    const comparisons: ComparisonResult[] = [];
    let surroundings: Surroundings = {};
    if (formance !== undefined) {
      const ledgers = await compareLedgers({ ...conditions, formance, seconds, warmUpSeconds });
      comparisons.push(...ledgers.comparisons);
      surroundings = ledgers.surroundings;
    }
    if (debezium !== undefined) {
      const drains = await compareDrains({ ...conditions, debezium, rows });
      comparisons.push(drains.comparison);
      surroundings = { ...surroundings, ...drains.surroundings };
    }
    return { comparisons, gauges: [], surroundings };
  },
});
