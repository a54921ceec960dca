export { bind, type Binding, type Variables } from './bind.ts';
export { compile, type Compilation, type Program } from './compile.ts';
export { limits } from './limits.ts';
export { needs, type ScriptNeeds } from './needs.ts';
export { printScript } from './print-script.ts';
export type { Metadata } from './resolve-variables.ts';
export { run, type RunResult } from './run.ts';
export { describeErrors, type ScriptError } from './script-error.ts';
export { valueText } from './value.ts';
