import { bind, describeErrors } from '@daybook/numscript';
import type { Json } from '@daybook/events';
import type { PreparedScript } from '../command/command.ts';
import type { RefusalCode } from '../command/refusal.ts';
import type { ProgramCache } from './program-cache.ts';

interface ScriptBody {
  readonly plain?: string | null | undefined;
  readonly vars?: Readonly<Record<string, Json>> | null | undefined;
}

/** Compiles a request's script, or takes it out of the cache, and reads its variables. */
export function prepareScript(programs: ProgramCache, { plain, vars }: ScriptBody): PreparedScript {
  if (plain === undefined || plain === null || plain === '') return refusedFor('NO_SCRIPT', 'no script to execute');
  const compiled = programs.compile(plain);
  if (compiled.kind === 'errors') return refusedFor('COMPILATION_FAILED', describeErrors(plain, compiled.errors));
  const { program } = compiled;
  const bound = bind(program, vars ?? {});
  if (bound.kind === 'refused') return refusedFor('COMPILATION_FAILED', `could not set variables: ${bound.message}`);
  return { kind: 'program', program, variables: bound.variables };
}

function refusedFor(code: RefusalCode, message: string): PreparedScript {
  return { kind: 'refused', refusal: { code, message } };
}
