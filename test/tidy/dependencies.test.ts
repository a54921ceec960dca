import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { readFiles } from './repository.ts';

const manifests = readFiles(['package.json', '{packages,services}/*/package.json', 'bench/package.json']).map(
  ({ path, text }) => ({ folder: dirname(path), manifest: readManifest(text) }),
);

test('runtime dependencies are those that the decision on libraries names, in the packages it names', () => {
  const [decision] = readFiles(['docs/adr/0008-library-choices.md']);
  const allowed = readTable(decision?.text ?? '');
  const found: Record<string, string[]> = {};
  for (const { folder, manifest } of manifests) {
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      if (!isOurs(version)) (found[name] ??= []).push(folder);
    }
  }
  expect(sorted(found)).toEqual(sorted(allowed));
});

test('every version is pinned exactly', () => {
  const loose = manifests.flatMap(({ folder, manifest }) =>
    Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter(([, version]) => !isOurs(version) && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${folder} asks for ${name} ${version}`),
  );
  expect(loose).toEqual([]);
});

test('install scripts are allowed for packages that are installed, and no others', () => {
  const [workspace] = readFiles(['pnpm-workspace.yaml']);
  const [lockfile] = readFiles(['pnpm-lock.yaml']);
  const allowed = /^allowBuilds:\n(?<entries>(?: {2}\S.*\n)+)/m.exec(workspace?.text ?? '')?.groups?.['entries'] ?? '';
  const names = [...allowed.matchAll(/^ {2}'?(?<name>[^':]+)'?: true$/gm)].map((match) => match.groups?.['name'] ?? '');
  expect(names.length).toBeGreaterThan(0);
  const locked = new Set(
    [...(lockfile?.text ?? '').matchAll(/^ {2}'?(?<name>@?[^'@\s]+)@\d/gm)].map((match) => match.groups?.['name']),
  );
  expect(names.filter((name) => !locked.has(name))).toEqual([]);
});

test('the table of libraries is read', () => {
  const text =
    '| library | used by |\n|---|---|\n| `one` | packages/a, services/b | what |\n| `@two/x` | packages/a |\n';
  expect(readTable(text)).toEqual({ one: ['packages/a', 'services/b'], '@two/x': ['packages/a'] });
});

/** The rows whose first cell is a package's name, with the folders of the second. */
function readTable(markdown: string): Record<string, string[]> {
  return Object.fromEntries(
    [...markdown.matchAll(/^\| `(?<name>[^`]+)` \| (?<folders>[^|]+) \|/gm)].map((match) => [
      match.groups?.['name'] ?? '',
      (match.groups?.['folders'] ?? '').trim().split(', '),
    ]),
  );
}

function sorted(table: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([name, folders]) => [name, folders.toSorted()]));
}

function isOurs(version: string): boolean {
  return version === 'workspace:*';
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function readManifest(text: string): Manifest {
  const manifest: Partial<Manifest> = JSON.parse(text);
  return { dependencies: manifest.dependencies ?? {}, devDependencies: manifest.devDependencies ?? {} };
}
