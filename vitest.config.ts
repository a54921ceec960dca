import { defineConfig } from 'vitest/config';
import { TotalsReporter } from './test/totals-reporter.ts';

const databases = './packages/stack/src/testing/global-setup.ts';
const kafka = './packages/stack/src/testing/global-setup-kafka.ts';

const db = '**/*.db.test.ts';
const brokers = '**/*.kafka.test.ts';
const systems = 'test/system/**/*.test.ts';
const tidy = 'test/tidy/**/*.test.ts';

const excluded = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    reporters: ['default', new TotalsReporter()],
    // Two cores: more workers only make each other late.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...excluded, db, brokers, systems, tidy],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'tidy',
          include: [tidy],
          exclude: excluded,
          testTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'database',
          include: [db],
          exclude: excluded,
          globalSetup: [databases],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'kafka',
          include: [brokers],
          exclude: excluded,
          globalSetup: [databases, kafka],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Whole stacks of their own, one after another: they kill and stop processes and need the machine's attention.
        test: {
          name: 'system',
          include: [systems],
          exclude: excluded,
          globalSetup: ['./test/system/seed.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
