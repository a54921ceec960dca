import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  eventually,
  HttpReceiver,
  Workload,
  type ReceivedRecord,
  type TopicRecord,
} from '../../packages/stack/src/testing/index.ts';
import { AuditedStack } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 8 }, (_, index) => `ledger-${index}`);

let receiver: HttpReceiver;
let audited: AuditedStack;
const workloads: Workload[] = [];

beforeAll(async () => {
  receiver = await HttpReceiver.start();
  audited = await AuditedStack.start({
    relays: 2,
    relayEnv: {
      // Kafka stays enabled beside it: HTTP goes first, as in v1.
      PUBLISHER_HTTP_ENABLED: 'true',
      PUBLISHER_TOPIC_MAPPING: `*:${receiver.origin.replace('//', '//daybook:hush@')}/events`,
    },
  });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
  await receiver?.goAway();
});

function startWriting(): Workload {
  const { ledgerUrls } = audited.stack;
  const workload = new Workload({ seed: seed + workloads.length, ledgerUrls, ledgers, clients: 4, writesMax: 200 });
  workloads.push(workload);
  return workload;
}

async function relayAnswer(path: string, index = 0): Promise<string> {
  const response = await fetch(`${audited.stack.relayUrls[index]}${path}`);
  return `${response.status} ${await response.text()}`;
}

async function finishWriting(workload: Workload): Promise<void> {
  await workload.finished();
  expect(workload.counts.unknown).toBe(0);
  expect(workload.complaints).toEqual([]);
  await audited.settled();
}

/** What a receiver got, as a consumer of a topic would have got it. */
function asTopicRecord({ metadata, value, timestampMs }: ReceivedRecord, offset: number): TopicRecord {
  const headers = Object.fromEntries(Object.entries(metadata).map(([name, header]) => [name, String(header)]));
  return { partition: 0, offset, key: headers['ledger'] ?? null, headers, value: Buffer.from(value), timestampMs };
}

test('a receiver that goes away in the middle is waited for: not ready meanwhile, ready again once it is back', async () => {
  const { relays: pids } = audited.stack.pids;
  const workload = startWriting();
  await eventually(() => receiver.records.length > 20, { what: 'the first records' });
  await receiver.goAway();
  for (const index of pids.keys()) {
    await eventually(async () => (await relayAnswer('/readyz', index)).startsWith('503'), {
      what: `relay ${index} not ready`,
    });
  }
  await receiver.comeBack();
  await finishWriting(workload);
  await eventually(async () => (await relayAnswer('/readyz')).startsWith('200'), { what: 'a ready relay' });
  // They did not start again.
  expect(audited.stack.pids.relays).toEqual(pids);
});

test('relays that are killed in the middle of publishing cost repeats at most', async () => {
  const workload = startWriting();
  const before = receiver.records.length;
  await eventually(() => receiver.records.length > before + 20, { what: 'some records' });
  const { relays: pids } = audited.stack.pids;
  await audited.stack.kill('relay', 0);
  await audited.stack.kill('relay', 1);
  await finishWriting(workload);
  await audited.stack.ready('relay', 0);
  await audited.stack.ready('relay', 1);
  expect(audited.stack.pids.relays.filter((pid) => pids.includes(pid))).toEqual([]);
});

test('after all of it, the receiver has every event, in order, each under the credentials of the URL, which show nowhere', async () => {
  const writes = workloads.flatMap((workload) => workload.writes);
  const result = await audited.audit({ writes }, receiver.records.map(asTopicRecord));
  process.stderr.write(`http (seed ${seed}): ${result.records} records, ${result.repeats} repeats\n`);
  expect(result.faults).toEqual({});
  const authorization = `Basic ${Buffer.from('daybook:hush').toString('base64')}`;
  for (const { headers, metadata } of receiver.records) {
    expect(headers).toMatchObject({ authorization, 'message-uuid': metadata['id'] });
  }
  const metrics = `${await relayAnswer('/metrics', 0)}${await relayAnswer('/metrics', 1)}`;
  expect(metrics).toContain(`topic="${receiver.origin}/events"`);
  expect(metrics).not.toContain('hush');
  for (const name of ['relay-0.log', 'relay-1.log']) {
    const log = readFileSync(join(audited.stack.logFolder, name), 'utf8');
    expect(log).toContain(`${receiver.origin}/events cannot be reached`);
    expect(log).not.toContain('hush');
  }
});
