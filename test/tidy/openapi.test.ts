import { documentInYaml } from '../../services/ledger/src/http/openapi/show-document.ts';
import { expect, test } from 'vitest';

test('docs/openapi.yaml is the document that the ledger serves', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/openapi.yaml');
});

function page(): string {
  return `# Made from the routes and the schemas of requests, by \`npx -y pnpm@12 exec vitest run test/tidy/openapi --update\`. A test compares.
${documentInYaml()}`;
}
