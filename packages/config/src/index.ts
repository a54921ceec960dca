export type { CommandDefinition } from './command.ts';
export { readCommandLine } from './command-line.ts';
export type { Outcome, SettingFault } from './command-line.ts';
export { processEnvironment, readEnvironment } from './environment.ts';
export type { ConfigWarning, Environment } from './environment.ts';
export { redactUrls } from './redact.ts';
export { defineSettings } from './setting.ts';
export type { Setting, Settings, UnsupportedSetting, Values } from './setting.ts';
export { renderSettingsTable } from './settings-table.ts';
