import { expect, test } from 'vitest';
import { importFaults } from './import-faults.ts';
import { importedModules } from './imported-modules.ts';
import { readSources } from './repository.ts';

test('imports keep to their directions', () => {
  expect(readSources().flatMap(importFaults)).toEqual([]);
});

test('every form of import is seen', () => {
  const text = [
    "import pg, { type Pool } from 'pg';",
    'import {',
    '  one,',
    "} from './one.ts';",
    "import type { Two } from '../two.ts';",
    "import 'three';",
    "export { four } from './four/four.ts';",
    "export * from 'five/deep.js';",
    "const six = await import('six');",
    "const seven = require('seven');",
    "import type { Two as Again } from '../two.ts';",
  ].join('\n');
  expect([...importedModules({ path: 'packages/a/src/a.ts', text })].sort()).toEqual([
    'five/deep.js',
    'packages/a/src/four/four.ts',
    'packages/a/src/one.ts',
    'packages/a/two.ts',
    'pg',
    'seven',
    'six',
    'three',
  ]);
});

test.for([
  ['services/ledger/src/serve.ts', '@daybook/outbox'],
  ['services/ledger/src/serve.db.test.ts', '@daybook/stack/testing'],
  ['packages/outbox/src/read.ts', '@daybook/postgres'],
  ['packages/postgres/src/pool.ts', 'pg'],
  ['packages/postgres/src/pool.ts', 'pg-types'],
  ['services/relay/src/kafka/kafkajs/sender.ts', 'kafkajs'],
  ['services/relay/src/kafka/kafkajs/client.ts', 'kafkajs'],
  ['services/relay/src/kafka/platformatic/sender.ts', '@platformatic/kafka'],
  ['services/ledger/src/command/execute.ts', 'node:crypto'],
  ['services/ledger/src/command/execute.ts', './needs.ts'],
  ['services/ledger/src/command/execute.test.ts', 'vitest'],
  ['packages/stack/src/testing/auditor-connection.ts', 'pg'],
  ['packages/stack/src/testing/auditor-rest.ts', './auditor-event.ts'],
  ['test/system/demo.test.ts', '../../services/ledger/src/config.ts'],
] as const)('%s may import %s', ([path, module]) => {
  expect(importFaults({ path, text: `import { name } from '${module}';\n` })).toEqual([]);
});

test.for([
  ['services/ledger/src/serve.ts', '../../relay/src/relay.ts', 'nothing imports a service'],
  ['packages/outbox/src/read.ts', '../../../services/relay/src/relay.ts', 'nothing imports a service'],
  ['services/ledger/src/serve.ts', '../../../packages/outbox/src/index.ts', '@daybook/outbox'],
  ['services/ledger/src/serve.ts', '@daybook/stack', 'may import config, runtime'],
  ['packages/outbox/src/read.ts', '@daybook/config', 'may import postgres, events'],
  ['packages/runtime/src/health.ts', '@daybook/config', 'no package of ours'],
  ['packages/runtime/src/health.test.ts', '@daybook/config', 'no package of ours'],
  ['packages/stack/src/stack.ts', '@daybook/outbox', 'may import config, postgres'],
  ['services/ledger/src/query/find-account.ts', 'pg', 'only packages/postgres/, '],
  ['services/ledger/src/query/find-account.test.ts', 'pg/lib/client.js', 'only packages/postgres/, '],
  ['services/relay/src/relay.ts', 'kafkajs', 'only services/relay/src/kafka/'],
  ['services/relay/src/kafka/publisher.ts', '@platformatic/kafka', 'only services/relay/src/kafka/platformatic/'],
  ['services/ledger/src/serve.ts', '@opentelemetry/api', 'only packages/runtime/src/otel-tracing.ts'],
  ['services/ledger/src/command/execute.ts', '../writer/writer.ts', 'without input or output'],
  ['services/ledger/src/command/execute.ts', 'node:fs', 'without input or output'],
  ['packages/events/src/event.ts', 'node:net', 'without input or output'],
  ['packages/stack/src/testing/auditor-money.ts', '@daybook/events', 'shares no code'],
  ['packages/stack/src/testing/auditor-database.ts', '@daybook/postgres', 'shares no code'],
  ['packages/stack/src/testing/auditor-rest.ts', './workload-send.ts', 'shares no code'],
  ['test/model/contract.ts', '../../services/ledger/src/command/compile-mapping.ts', 'shares no code'],
  ['test/model/json-text.ts', '../../packages/events/src/write-json.ts', 'shares no code'],
] as const)('%s may not import %s: %s', ([path, module, fault]) => {
  expect(importFaults({ path, text: `import { name } from '${module}';\n` })).toEqual([expect.stringContaining(fault)]);
});
