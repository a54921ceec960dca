import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licence texts of all packages that a bundle holds, since most of them ask that copies carry it.
 *
 * @param inputs the bundled files, by their paths from the repository
 * @throws Error when a package has neither a licence file nor names a licence.
 */
export function thirdPartyNotices(repository: string, inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.replaceAll('\\', '/'))?.[0] ?? []),
  );
  const notices = [...folders].map((folder) => noticeOf(join(repository, folder)));
  return [...new Set(notices)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function noticeOf(folder: string): string {
  const { name, version, license } = readPackage(folder);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:[.-].*)?$/i.test(entry));
  const text = file === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim();
  if (text === undefined && license === '') throw new Error(`${name} says nothing about its licence`);
  return `${name} ${version} (${license})\n\n${text ?? `Its package holds no licence text.`}\n`;
}

function readPackage(folder: string): { readonly name: string; readonly version: string; readonly license: string } {
  const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const field = (key: string) => {
    const value: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { name: field('name'), version: field('version'), license: field('license') };
}
