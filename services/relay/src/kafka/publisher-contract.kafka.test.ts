import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientLibraries } from '../kafka-client.ts';
import { openKafkaStage } from '../../test-fixtures/kafka-stage.ts';
import { publisherContract } from '../../test-fixtures/publisher-contract.ts';

describe.each(clientLibraries)('publishing to Kafka by %s', (client) => {
  let stage: Awaited<ReturnType<typeof openKafkaStage>>;

  beforeAll(async () => {
    stage = await openKafkaStage(client);
  });

  afterAll(async () => {
    await stage.close();
  });

  it.each(publisherContract)('$promise', async ({ check }) => {
    await expect(check(stage)).resolves.toBeUndefined();
  });
});
