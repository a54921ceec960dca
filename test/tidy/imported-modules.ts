import { posix } from 'node:path';
import type { RepositoryFile } from './repository.ts';

// The formatter puts every statement at the start of a line and one import in one statement, which makes patterns enough.
const statements = [
  /^(?:import|export)\s[^;'"]*?\bfrom\s+['"](?<module>[^'"]+)['"]/gm,
  /^import\s+['"](?<module>[^'"]+)['"]/gm,
  /\bimport\(\s*['"](?<module>[^'"]+)['"]/g,
  /\brequire\(\s*['"](?<module>[^'"]+)['"]/g,
];

/** What a file imports, types included: modules by name, files of the repository by their path from its root. */
export function importedModules({ path, text }: RepositoryFile): readonly string[] {
  const modules = statements.flatMap((statement) =>
    [...text.matchAll(statement)].map((match) => match.groups?.['module'] ?? ''),
  );
  return [...new Set(modules)].map((module) =>
    module.startsWith('.') ? posix.join(posix.dirname(path), module) : module,
  );
}
