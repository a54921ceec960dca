import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { startPostgres } from '../../../packages/stack/src/index.ts';
import { packagedBinaries, reachableBinaries } from '../../../packages/stack/src/postgres-binaries.ts';
import { closedFolder, postgresOwner } from '../../../packages/stack/src/process-owner.ts';
import { temporaryFolder } from './launched-stack.ts';

const removals: (() => void)[] = [];

afterEach(() => {
  for (const remove of removals.splice(0)) {
    remove();
  }
});

/** A folder as a home directory often is: for its owner only. */
function closedHome(): string {
  const path = mkdtempSync(join(tmpdir(), 'daybook-test-home-'));
  chmodSync(path, 0o700);
  removals.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('binaries below a closed folder are copied to where the other user can run them', () => {
    const owner = postgresOwner();
    expect(owner).toBeDefined();
    if (owner === undefined) {
      return;
    }
    const checkout = join(closedHome(), 'native');
    cpSync(packagedBinaries(), checkout, { recursive: true, verbatimSymlinks: true });
    const open = temporaryFolder();
    removals.push(open.remove);
    const binaries = reachableBinaries(checkout, owner, join(open.path, 'binaries'));
    expect(closedFolder(binaries, owner)).toBeUndefined();
    const version = execFileSync(join(binaries, 'bin', 'postgres'), ['--version'], { ...owner, cwd: '/' });
    expect(version.toString()).toMatch(/^postgres \(PostgreSQL\) /);
  });

  test('data below a closed folder is kept elsewhere, behind a link', async () => {
    const dataDir = join(closedHome(), 'data');
    const postgres = await startPostgres({ dataDir });
    const link = join(dataDir, 'postgres');
    const elsewhere = realpathSync(link);
    removals.push(() => rmSync(elsewhere, { recursive: true, force: true }));
    await postgres.stop();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    const again = await startPostgres({ dataDir });
    expect(new URL(again.databaseUrl).password).toBe(new URL(postgres.databaseUrl).password);
    await again.stop();
  });

  test('an ordinary user can start it too', () => {
    const owner = postgresOwner();
    const index = fileURLToPath(new URL('../../../packages/stack/src/index.ts', import.meta.url));
    if (owner === undefined || closedFolder(index, owner) !== undefined) {
      return;
    }
    const open = temporaryFolder();
    removals.push(open.remove);
    const home = join(open.path, 'home');
    mkdirSync(home);
    chmodSync(home, 0o777);
    const script = `
      const { startPostgres } = await import(${JSON.stringify(index)});
      const postgres = await startPostgres();
      console.log(process.getuid(), new URL(postgres.databaseUrl).username);
      await postgres.stop();
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      ...owner,
      cwd: home,
      encoding: 'utf8',
    });
    expect(output.trim()).toBe(`${owner.uid} daybook`);
  });
});
