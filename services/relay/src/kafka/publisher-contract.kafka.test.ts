import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafkaStage } from '../../test-fixtures/kafka-stage.ts';
import { publisherContract } from '../../test-fixtures/publisher-contract.ts';

describe('publishing to Kafka', () => {
  let stage: Awaited<ReturnType<typeof openKafkaStage>>;

  beforeAll(async () => {
    stage = await openKafkaStage();
  });

  afterAll(async () => {
    await stage.close();
  });

  it.each(publisherContract)('$promise', async ({ check }) => {
    await expect(check(stage)).resolves.toBeUndefined();
  });
});
