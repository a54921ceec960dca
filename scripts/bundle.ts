import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.ts';

const repository = fileURLToPath(new URL('../', import.meta.url));

export type Service = 'ledger' | 'relay';

/** Every service that is bundled. */
export const services: readonly Service[] = ['ledger', 'relay'];

export interface Bundle {
  /** `main.js` and what it needs beside it: parts that are loaded on demand, source maps, the licences of what is in it, the ledger's migrations and what its page of the API loads. */
  readonly folder: string;
  /** Of `main.js`, without the parts beside it. */
  readonly bytes: number;
}

/**
 * Bundles a service and all it depends on into `services/<service>/dist/main.js`, since Node strips types from sources of
 * ours but not from packages below `node_modules`, and an image needs one file rather than a tree of packages.
 *
 * @throws Error when esbuild finds an error or has a warning.
 */
export async function bundle(service: Service): Promise<Bundle> {
  const folder = join(repository, 'services', service, 'dist');
  rmSync(folder, { recursive: true, force: true });
  const { metafile, warnings } = await build({
    absWorkingDir: repository,
    entryPoints: [`services/${service}/src/main.ts`],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: `node${nodeMajor()}`,
    format: 'esm',
    // What is loaded on demand, such as the SDK that signs tokens for MSK, is in files of its own: Node keeps the text of every file it runs.
    splitting: true,
    // Without comments, whose letters beyond ASCII had V8 keep the text at two bytes a character. A stack trace still tells lines apart.
    minifyWhitespace: true,
    lineLimit: 120,
    // Packages in CommonJS call `require` for Node's own modules, which a module does not have.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
    },
    sourcemap: true,
    // The map needs names and lines of our sources; their text would double its size.
    sourcesContent: false,
    // An optional binding of pg that we do not use.
    external: ['pg-native'],
    plugins: [inlineWasm],
    metafile: true,
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error(`esbuild has ${warnings.length} warnings about services/${service}`);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const inputs = Object.keys(metafile.inputs);
  if (service === 'ledger') {
    inputs.push(...copySwaggerUi(join(folder, 'swagger-ui')));
    cpSync(join(repository, 'migrations'), join(folder, 'migrations'), {
      recursive: true,
      filter: (source) => !source.endsWith('.md'),
    });
  }
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(repository, inputs));
  return { folder, bytes: bytesOf(metafile) };
}

/** @platformatic/kafka computes checksums by WebAssembly that it reads from a file beside it; another entry of the same package has it as text. */
const inlineWasm: Plugin = {
  name: 'inline-wasm',
  setup(bundling) {
    bundling.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, async ({ path, importer, resolveDir, kind }) =>
      bundling.resolve(`${path}/bundled`, { importer, resolveDir, kind }),
    );
  },
};

/** The page at `/docs` loads these, and no bundler sees it. Returns them by their paths from the repository. */
function copySwaggerUi(target: string): readonly string[] {
  const ledger = createRequire(join(repository, 'services/ledger/package.json'));
  const folder = dirname(ledger.resolve('swagger-ui-dist/package.json'));
  return ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'NOTICE'].map((name) => {
    cpSync(join(folder, name), join(target, name));
    return relative(repository, join(folder, name));
  });
}

/** Of the Node that the repository pins. */
function nodeMajor(): string {
  const text = readFileSync(join(repository, 'package.json'), 'utf8');
  const version = /"node": "(?<major>\d+)\./.exec(text)?.groups?.['major'];
  if (version === undefined) throw new Error('package.json pins no version of the package node');
  return version;
}

function bytesOf({ outputs }: Metafile): number {
  return Object.entries(outputs).find(([path]) => path.endsWith('main.js'))?.[1].bytes ?? 0;
}
