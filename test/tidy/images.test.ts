import { expect, test } from 'vitest';
import { readFiles } from './repository.ts';

function textOf(path: string): string {
  const [file] = readFiles([path]);
  if (file === undefined) throw new Error(`${path} is not there`);
  return file.text;
}

test.for(['ledger', 'relay'])('the image of the %s has the Node that tests run on', (service) => {
  const pinned = /"node": "(?<version>[\d.]+)"/.exec(textOf('package.json'))?.groups?.['version'];
  expect(pinned).toMatch(/^24\./);
  expect(textOf(`services/${service}/Dockerfile`)).toContain(`ARG NODE_VERSION=${pinned}\n`);
  expect(pinned).toBe(process.versions.node);
});

test('the compose file has the Kafka that is fetched from Maven Central', () => {
  const pinned = /<kafka\.version>(?<version>[\d.]+)</.exec(textOf('packages/stack/pom.xml'))?.groups?.['version'];
  expect(pinned).toMatch(/^4\./);
  expect(textOf('docker-compose.yml')).toContain(`image: apache/kafka:${pinned}\n`);
});
