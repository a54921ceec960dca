import { readFileSync, statSync } from 'node:fs';
import type { Assignment, Assignments } from './assignment.ts';
import { fileCompanionOf, reasonOf } from './assignment.ts';
import { nearestName } from './nearest-name.ts';
import { canComeFromFile } from './setting.ts';
import type { Entry } from './setting.ts';

const bytesMax = 1_048_576;

/**
 * Values given by the file of `--config-file`: one JSON object whose keys are the variables' names and whose values are text, numbers,
 * booleans or arrays of text; null counts as not given. `ignore` names keys that are judged elsewhere.
 */
export function readSettingsFile(
  path: string,
  entries: readonly Entry[],
  ignore: (name: string) => boolean,
): { readonly assignments: Assignments; readonly problems: readonly string[] } {
  const assignments = new Map<string, Assignment>();
  const problems: string[] = [];
  let content: object;
  try {
    content = jsonObjectOf(path);
  } catch (error) {
    return { assignments, problems: [`CONFIG_FILE (--config-file) ${path}: ${reasonOf(error)}`] };
  }
  const known = new Map(
    entries.flatMap((entry) => [
      [entry.name, entry] as const,
      ...(canComeFromFile(entry) ? [[fileCompanionOf(entry), entry] as const] : []),
    ]),
  );
  for (const [name, value] of Object.entries(content)) {
    const entry = known.get(name);
    if (value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) {
      problems.push(`file ${path}: the value of ${JSON.stringify(name)} must not be an object`);
    } else if (entry !== undefined) {
      assignments.set(name, { raw: rawOf(value, entry), source: { kind: 'file', path, name } });
    } else if (ignore(name)) {
      assignments.set(name, { raw: value, source: { kind: 'file', path, name } });
    } else {
      const nearest = nearestName(name.toUpperCase(), known.keys());
      problems.push(
        `file ${path}: unknown key ${JSON.stringify(name)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      );
    }
  }
  return { assignments, problems };
}

function jsonObjectOf(path: string): object {
  const bytes = statSync(path).size;
  if (bytes > bytesMax) throw new Error(`holds ${bytes} bytes, more than ${bytesMax}`);
  const text = readFileSync(path, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the fault, which may be a secret.
    throw new Error('is not valid JSON');
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Error('must hold one JSON object, with the names of variables as keys');
  }
  return content;
}

/** `256` is as good as `"256"` where text is meant. */
function rawOf(value: unknown, { definition }: Entry): unknown {
  return typeof value === 'number' && definition.format !== 'integer' && definition.format !== 'list'
    ? String(value)
    : value;
}
