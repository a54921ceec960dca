import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, with a slash at its end. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

const notOurs = new Set(['node_modules', 'dist', '.daybook', '.git']);

export interface RepositoryFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** The files that match, in the order of their paths, without what is installed, built or left by a stack. */
export function readFiles(patterns: readonly string[]): readonly RepositoryFile[] {
  return globSync(patterns, { cwd: repository, exclude: (name) => notOurs.has(name.split('/').at(-1) ?? '') })
    .map((path) => path.replaceAll('\\', '/'))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** Every TypeScript file of the repository. */
export function readSources(): readonly RepositoryFile[] {
  return readFiles(['*.ts', '{packages,services,scripts,test,bench}/**/*.ts']);
}
