import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { jarFolder, kafkaVersion } from './kafka-jars.ts';

test('the committed pom.xml pins an Apache Kafka 4, and the cache is kept by version', () => {
  expect(kafkaVersion()).toMatch(/^4\.\d+\.\d+$/);
  expect(basename(jarFolder())).toBe(`kafka-${kafkaVersion()}`);
});
