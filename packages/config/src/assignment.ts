import { readFileSync, statSync } from 'node:fs';
import { canComeFromFile } from './setting.ts';
import type { Entry } from './setting.ts';
import { textOf } from './redact.ts';

/** Where a value came from. */
export type Source =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string; readonly alias: boolean }
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'default' };

/** A raw value as given: text, or in a file any JSON value. */
export interface Assignment {
  readonly raw: unknown;
  readonly source: Source;
}

/** What one layer (flags, environment or file) gave, by the entry's name or that name with `_FILE`. */
export type Assignments = ReadonlyMap<string, Assignment>;

export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return `flag --${source.name}`;
    case 'environment':
      return source.alias ? `environment alias ${source.name}` : `environment ${source.name}`;
    case 'file':
      return `file ${source.path}`;
    case 'default':
      return 'default';
  }
}

/** The name of the companion that gives the value as the path of a file. */
export function fileCompanionOf(entry: Entry): string {
  return entry.variable === undefined ? `${entry.name}-file` : `${entry.name}_FILE`;
}

const secretFileBytesMax = 1_048_576;

/**
 * What one layer gives for one entry, with the content of the `_FILE` companion read. Throws an Error whose message ends the sentence
 * that begins with the entry's name.
 */
export function assignmentOf(entry: Entry, layer: Assignments): Assignment | undefined {
  const plain = layer.get(entry.name);
  const companion = fileCompanionOf(entry);
  const viaFile = canComeFromFile(entry) ? layer.get(companion) : undefined;
  if (viaFile === undefined) return plain;
  if (plain !== undefined) throw new Error(`and ${companion} are both given: give only one of them`);
  return { raw: contentOf(textOf(viaFile.raw), companion), source: viaFile.source };
}

function contentOf(path: string, companion: string): string {
  try {
    const bytes = statSync(path).size;
    if (bytes > secretFileBytesMax) throw new Error(`it holds ${bytes} bytes, more than ${secretFileBytesMax}`);
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    // Whoever names a file means a secret: without one, what it was to close would be open.
    if (content.trim() === '') throw new Error('it is empty');
    return content;
  } catch (error) {
    throw new Error(`cannot be read from the file that ${companion} names: ${reasonOf(error)}`, { cause: error });
  }
}

/** The text of an error without Node's prefix of code and system call. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
