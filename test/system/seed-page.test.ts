import { afterEach, describe, expect, test } from 'vitest';
import { assertEvent } from '../../packages/events/src/testing/assert-event.ts';
import { eventTypes } from '../../packages/events/src/index.ts';
import {
  audit,
  parseExact,
  readOutbox,
  readWholeTopic,
  type TopicRecord,
} from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';

/** The sample body of Formance's page "Publishing to Kafka". */
const sample = `{
  "date": "2022-05-12T14:31:07.808419+02:00",
  "type": "COMMITTED_TRANSACTIONS",
  "payload": {
    "transactions": [
      {
        "postings": [
          {
            "source": "world",
            "destination": "central_bank",
            "amount": 100,
            "asset": "GEM"
          }
        ],
        "reference": "",
        "metadata": {
          "description": "A testing transaction."
        },
        "txid": 0,
        "timestamp": "2022-05-12T12:31:07Z"
      }
    ],
    "volumes": {
      "central_bank": {
        "GEM": {
          "input": 100,
          "output": 0
        }
      },
      "world": {
        "GEM": {
          "input": 0,
          "output": 100
        }
      }
    }
  },
  "ledger": "example-ledger-1"
}`;

const ledger = 'example-ledger-1';

let audited: AuditedStack;

afterEach(async () => {
  await audited?.stop();
});

/** The page's example: a relay with these flags, and one write of each kind, the sample's transaction first. */
async function publishWith(...relayFlags: string[]): Promise<TopicRecord[]> {
  audited = await AuditedStack.start({ relayFlags });
  const write = async (path: string, body: string, method = 'POST') => {
    const response = await fetch(`${audited.stack.ledgerUrls[0]}/${ledger}/${path}`, {
      method,
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(`${response.status} ${await response.text()}`).toMatch(/^20[04] /);
  };
  const posting = '{"source":"world","destination":"central_bank","amount":100,"asset":"GEM"}';
  await write('transactions', `{"postings":[${posting}],"metadata":{"description":"A testing transaction."}}`);
  await write('transactions/batch', `{"transactions":[{"postings":[${posting}]},{"postings":[${posting}]}]}`);
  await write('accounts/central_bank/metadata', '{"kind":"bank"}');
  await write('transactions/1/metadata', '{"note":"a < b & c > d"}');
  await write('mapping', '{"contracts":[{"account":"users:*","expr":{"$gte":["$balance",-10]}}]}', 'PUT');
  await write('transactions/2/revert', '');
  await audited.settled();
  return readWholeTopic(audited.stack.kafkaBrokers, topic);
}

function typesOf(records: readonly TopicRecord[]): (string | undefined)[] {
  return records.map(({ headers }) => headers['type']);
}

/** The body with all that may differ between two runs put out of sight; keys keep their order. */
function comparable(body: string): string {
  const volatile = new Set(['date', 'timestamp', 'txid']);
  return JSON.stringify(
    parseExact(body),
    (key, value: unknown) => {
      if (volatile.has(key)) {
        return `a ${typeof value}`;
      }
      // Text and number must stay apart.
      return typeof value === 'bigint' ? `integer ${value}` : value;
    },
    2,
  );
}

describe("the two examples of Formance's page", () => {
  test("--publisher-topic-mapping='COMMITTED_TRANSACTIONS:default' publishes only those", async () => {
    const records = await publishWith(
      '--publisher-kafka-enabled',
      '--publisher-topic-mapping=COMMITTED_TRANSACTIONS:default',
    );
    // The transaction, the batch, and the transaction of the revert.
    expect(typesOf(records)).toEqual(Array(3).fill('COMMITTED_TRANSACTIONS'));
    const outbox = await readOutbox(audited.pool);
    expect(new Set(outbox.map(({ type }) => type))).toEqual(new Set(eventTypes));
    expect(audit({ records, outbox, publishedTypes: ['COMMITTED_TRANSACTIONS'] }).faults).toEqual({});
  });

  test("--publisher-topic-mapping='*:default' publishes all, as the outbox has them and the page shows them", async () => {
    const records = await publishWith('--publisher-kafka-enabled', '--publisher-topic-mapping=*:default');
    expect(typesOf(records)).toEqual([
      'COMMITTED_TRANSACTIONS',
      'COMMITTED_TRANSACTIONS',
      'SAVED_METADATA',
      'SAVED_METADATA',
      'UPDATED_MAPPING',
      'COMMITTED_TRANSACTIONS',
      'REVERTED_TRANSACTION',
    ]);
    const outbox = await readOutbox(audited.pool);
    expect(audit({ records, outbox }).faults).toEqual({});
    const bodies = records.map(({ value }) => value.toString('utf8'));
    expect(bodies).toEqual(outbox.map(({ body }) => body));
    expect(comparable(bodies[0] ?? '')).toBe(comparable(sample));
    for (const body of bodies) {
      expect(() => assertEvent('v1.4', body)).not.toThrow();
    }
  });
});
