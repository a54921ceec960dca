import { parseArgs } from 'node:util';
import type { Assignment, Assignments } from './assignment.ts';
import { fileCompanionOf } from './assignment.ts';
import { booleanOf } from './format.ts';
import { nearestName } from './nearest-name.ts';
import { canComeFromFile } from './setting.ts';
import type { Entry } from './setting.ts';

export interface ParsedFlags {
  readonly assignments: Assignments;
  readonly positionals: readonly string[];
  readonly unknown: readonly UnknownFlag[];
  /** Complete sentences. */
  readonly problems: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

interface UnknownFlag {
  /** As it was written, with its dashes. */
  readonly flag: string;
  readonly value: string | undefined;
  readonly nearest: string | undefined;
}

interface Target {
  readonly assignTo: string;
  readonly entry: Entry;
  readonly negates: boolean;
}

/**
 * Reads `--flag value`, `--flag=value`, and for booleans `--flag`, `--flag true` and `--no-flag`. A flag that is given again replaces
 * its value, but a list grows. What stands after `--` is a positional.
 */
export function parseFlags(argv: readonly string[], entries: readonly Entry[]): ParsedFlags {
  const targets = targetsOf(entries);
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      ...Object.fromEntries(
        [...targets].map(([flag, target]) => [flag, { type: takesValue(target) ? 'string' : 'boolean' }]),
      ),
    },
  });

  const assignments = new Map<string, Assignment>();
  const positionals: string[] = [];
  const unknown: UnknownFlag[] = [];
  const problems: string[] = [];
  let help = false;
  let version = false;
  let consumedIndex = -1;

  for (const [order, token] of tokens.entries()) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (token.index !== consumedIndex) positionals.push(token.value);
      continue;
    }
    if (token.name === 'help') help = true;
    else if (token.name === 'version') version = true;
    else {
      const target = targets.get(token.name);
      if (target === undefined) {
        unknown.push({ flag: token.rawName, value: token.value, nearest: nearestName(token.name, targets.keys()) });
      } else if (takesValue(target)) {
        const swallowedFlag = !token.inlineValue && token.value?.startsWith('--') === true;
        if (token.value === undefined || swallowedFlag) problems.push(`${token.rawName} needs a value`);
        else assign(assignments, target, token.value);
      } else if (target.negates) {
        if (token.value === undefined) assign(assignments, target, false);
        else problems.push(`${token.rawName} takes no value`);
      } else if (token.value === undefined) {
        const next = tokens[order + 1];
        const word = next?.kind === 'positional' && next.index === token.index + 1 ? next : undefined;
        if (word !== undefined && typeof booleanOf(word.value) === 'boolean') {
          consumedIndex = word.index;
          assign(assignments, target, word.value);
        } else assign(assignments, target, true);
      } else assign(assignments, target, token.value);
    }
  }
  return { assignments, positionals, unknown, problems, help, version };
}

function targetsOf(entries: readonly Entry[]): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const entry of entries) {
    targets.set(entry.flag, { assignTo: entry.name, entry, negates: false });
    if (entry.definition.format === 'boolean') {
      targets.set(`no-${entry.flag}`, { assignTo: entry.name, entry, negates: true });
    }
    if (canComeFromFile(entry)) {
      targets.set(`${entry.flag}-file`, { assignTo: fileCompanionOf(entry), entry, negates: false });
    }
  }
  return targets;
}

function takesValue({ assignTo, entry }: Target): boolean {
  return entry.definition.format !== 'boolean' || assignTo !== entry.name;
}

function assign(
  assignments: Map<string, Assignment>,
  { assignTo, entry, negates }: Target,
  raw: string | boolean,
): void {
  const earlier = assignments.get(assignTo)?.raw;
  const grows = entry.definition.format === 'list' && assignTo === entry.name && typeof earlier === 'string';
  const name = assignTo === entry.name ? `${negates ? 'no-' : ''}${entry.flag}` : `${entry.flag}-file`;
  assignments.set(assignTo, { raw: grows ? `${earlier},${String(raw)}` : raw, source: { kind: 'flag', name } });
}
