import { basename } from 'node:path';
import type { RepositoryFile } from './repository.ts';

/** One house rule: what is not written where, and what is written instead. */
interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  readonly appliesTo: (path: string) => boolean;
  readonly instead: string;
}

// The samples of these rules and the rules themselves hold what they forbid.
const isRule = (path: string) => /^test\/tidy\/bans(?:\.test)?\.ts$/.test(path);
const isCode = (path: string) => path.endsWith('.ts') && !isRule(path);
const isTest = (path: string) => path.endsWith('.test.ts') && !isRule(path);

const bans: readonly Ban[] = [
  {
    name: 'ends the process',
    pattern: /(?<![\w.#])process\.(?:exit|exitCode|abort)\b/,
    appliesTo: (path) => isCode(path) && !/(?:^|[/-])main\.ts$/.test(path),
    instead: 'throw, or resolve to an exit code, and let main end the process',
  },
  {
    name: 'reads the environment',
    pattern: /\bprocess\.env\b|\bimport\.meta\.env\b|\{[^}]*\benv\b[^}]*\}\s*(?:=\s*process\b|from 'node:process')/,
    appliesTo: (path) => isCode(path) && !path.startsWith('packages/config/'),
    instead: 'take the value from the settings, or from readEnvironment of @daybook/config',
  },
  {
    name: 'picks or leaves out tests',
    // What an operating system or its ordinary user cannot do may be left out there; the totals say how many.
    pattern:
      /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|skipIf(?!\(process\.(?:platform|getuid))|runIf|todo|fails)\b/,
    appliesTo: isCode,
    instead: 'run every test, everywhere; delete one that has nothing to say',
  },
  {
    name: 'runs a failed test again',
    pattern: /\bretry:\s*[1-9]/,
    appliesTo: isTest,
    instead: 'await the condition that the test depends on',
  },
  {
    name: 'sleeps in a test',
    pattern: /\bsetTimeout\(|\bsleep\(|'node:timers\/promises'|\bscheduler\.wait\(/,
    appliesTo: isTest,
    instead: 'await a signal of what is tested, or poll a condition with eventually() of @daybook/stack/testing',
  },
  {
    name: 'leaves work behind in a comment',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    appliesTo: (path) => !isRule(path),
    instead: 'do it now, or open an issue',
  },
];

/** Every place of the file that breaks a house rule, with what to write instead. */
export function banFaults({ path, text }: RepositoryFile): readonly string[] {
  const applying = bans.filter(({ appliesTo }) => appliesTo(path));
  if (!applying.some(({ pattern }) => pattern.test(text))) return [];
  return text.split('\n').flatMap((line, index) =>
    applying
      // Prose may name what the code may not do.
      .filter(({ name, pattern }) => pattern.test(name.includes('comment') ? line : withoutComment(line)))
      .map(({ name, instead }) => `${path}:${index + 1} ${name} (${line.trim()}): ${instead}`),
  );
}

function withoutComment(line: string): string {
  return /^\s*(?:\/?\*|\/\/)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}

const drawers = /^(?:utils?|utilities|helpers?|common|types?|libs?|misc|shared)$/;
const fileName = /^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/;

/** What is wrong with the path of a TypeScript file. */
export function nameFaults(path: string): readonly string[] {
  const faults = path
    .replace(/(?:\.\w+)?(?:\.test)?\.ts$/, '')
    .split('/')
    .filter((name) => drawers.test(name))
    .map((name) => `${path}: ${name} is a drawer for anything; put what is in it beside the noun it serves`);
  return fileName.test(basename(path)) ? faults : [...faults, `${path}: name files in kebab case`];
}
