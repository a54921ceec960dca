/** `pnpm demo`: writes over REST, reads the events back from Kafka, and compares what both say. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { compareBalances, faultsOf, rebuiltBalances, withoutRepeats } from './demo-check.ts';
import { readDemoOptions } from './demo-options.ts';
import { demoWrites, makeWrite } from './demo-writes.ts';
import { endRequest } from './end-request.ts';
import { Stack } from './stack.ts';
import { balancesOfAnswer, type Balances } from './topic-balances.ts';
import { readTopic, type TopicRecord } from './topic-reader.ts';

const recordsWithinMs = 20_000;
const ledger = 'demo';

const outcome = readDemoOptions(process.argv.slice(2));
if (outcome.kind === 'exit') {
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  process.exit(outcome.code);
}

const end = endRequest();
const startedAt = performance.now();
const say = (line: string) => process.stdout.write(`${line}\n`);
let stack: Stack | undefined;
let faults: string[];
try {
  say('Starting PostgreSQL, Kafka, a ledger and a relay …');
  // A broker that is not ours may hold records of earlier demos, so each has a topic of its own.
  const topic = `daybook-demo-${randomBytes(4).toString('hex')}`;
  stack = await Stack.start({
    kafkaBrokers: outcome.values.kafkaBrokers === undefined ? undefined : [...outcome.values.kafkaBrokers],
    relayEnv: { PUBLISHER_TOPIC_MAPPING: `*:${topic}` },
    signal: end,
    report: say,
  });
  say(`… ready after ${secondsSince(startedAt)} s.\n`);
  faults = await run(stack, topic);
} catch (error) {
  faults = [error instanceof Error ? error.message : String(error)];
} finally {
  await stack?.stop();
}
if (faults.length > 0) {
  process.stderr.write(`\nThe demo failed:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exit(1);
}
say(`\nAll is stopped again. The demo took ${secondsSince(startedAt)} s.`);
process.exit(0);

async function run({ ledgerUrls, kafkaBrokers }: Stack, topic: string): Promise<string[]> {
  const ledgerUrl = `${ledgerUrls[0]}/${ledger}`;
  say(`Writing to ${ledgerUrl}:`);
  for (const write of demoWrites) {
    const status = await makeWrite(ledgerUrl, write);
    say(`  ${write.method} ${write.path}  →  ${status}  ${write.what}`);
  }

  const expected = demoWrites.reduce((sum, { events }) => sum + events, 0);
  const records = await readTopic({
    brokers: kafkaBrokers,
    topic,
    until: (read) => withoutRepeats(read).length >= expected,
    withinMs: recordsWithinMs,
    signal: end,
  });
  end.throwIfAborted();
  say(`\nRead back from Kafka, topic ${topic}, from its beginning:`);
  for (const record of records) {
    say(inWords(record));
  }
  const distinct = withoutRepeats(records);
  const found = faultsOf(distinct, expected);

  const rebuilt = rebuiltBalances(distinct);
  const comparison = compareBalances(rebuilt, await servedBalances(ledgerUrl, rebuilt.keys()));
  say('\nBalances, rebuilt from COMMITTED_TRANSACTIONS records alone, beside those that REST answers:');
  say(row('account', 'asset', 'from the topic', 'from REST'));
  for (const { account, asset, rebuilt: fromTopic, served } of comparison) {
    say(row(account, asset, String(fromTopic ?? 'none'), String(served ?? 'none')));
    if (fromTopic !== served) {
      found.push(`The balances of ${account} in ${asset} differ.`);
    }
  }
  say(found.length === 0 ? 'They agree.' : 'Something is wrong.');
  return found;
}

async function servedBalances(ledgerUrl: string, accounts: Iterable<string>): Promise<Balances> {
  const served: Balances = new Map();
  for (const account of accounts) {
    const response = await fetch(`${ledgerUrl}/accounts/${account}`, { signal: end });
    served.set(account, balancesOfAnswer(await response.text()));
  }
  return served;
}

function inWords({ partition, offset, key, headers, value }: TopicRecord): string {
  return [
    `  offset ${offset} of partition ${partition}  key ${key}  sequence ${headers['sequence']}  ${headers['type']}`,
    `    id ${headers['id']}`,
    `    ${value}`,
  ].join('\n');
}

function row(account: string, asset: string, ...balances: [string, string]): string {
  return `  ${account.padEnd(12)}${asset.padEnd(8)}${balances.map((balance) => balance.padStart(34)).join('')}`;
}

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1_000).toFixed(1);
}
