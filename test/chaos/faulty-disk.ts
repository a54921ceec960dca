import { execFile } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { eventually } from '../../packages/stack/src/testing/index.ts';

const run = promisify(execFile);
const imageBytes = 2 * 2 ** 30;
const commandWithinMs = 30_000;
/** An exit code of e2fsck from here on is a failure; below it says what was repaired. */
const fsckFailed = 4;

/**
 * A file system of its own that goes read-only on demand, as one does whose device reports an error: every write fails
 * from then on, while what is open stays open. It is ext4 in a sparse file, so it needs Linux, root, a loop device and
 * the tools of ext4.
 */
export class FaultyDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
  }

  /** Makes and mounts one below `parent`; or says why that cannot be done here. */
  static async open(parent: string): Promise<FaultyDisk | { readonly obstacle: string }> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
      return { obstacle: 'mounting a disk that fails needs Linux and root' };
    }
    const disk = new FaultyDisk(join(parent, 'disk'), join(parent, 'disk.img'));
    try {
      mkdirSync(disk.folder);
      writeFileSync(disk.#image, '');
      truncateSync(disk.#image, imageBytes);
      await command('mkfs.ext4', '-q', '-F', disk.#image);
      await disk.#mount();
      return disk;
    } catch (error) {
      return {
        obstacle: `a disk that fails cannot be mounted: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  /** Everything written so far is on the device. */
  async flush(): Promise<void> {
    await command('sync', '--file-system', this.folder);
  }

  /** From now on it is read-only. */
  async fail(): Promise<void> {
    const { stdout } = await run('losetup', ['--associated', this.#image, '--output', 'NAME', '--noheadings']);
    // The kernel treats it like an error that the device reported (Documentation/ABI/testing/sysfs-fs-ext4).
    writeFileSync(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, '1');
  }

  /** Whether a file can be written to it now. */
  get isWritable(): boolean {
    try {
      writeFileSync(join(this.folder, 'probe'), '');
      return true;
    } catch {
      return false;
    }
  }

  /** Repairs it and mounts it again. Nothing may be open on it. */
  async repair(): Promise<void> {
    await this.close();
    await run('e2fsck', ['-f', '-y', this.#image], { timeout: commandWithinMs }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && Number(error.code) < fsckFailed)) throw error;
    });
    await this.#mount();
  }

  async close(): Promise<void> {
    // A process that has just ended may hold it a moment longer.
    await eventually(async () => (await run('umount', [this.folder])) && true, { what: `umount ${this.folder}` });
  }

  async #mount(): Promise<void> {
    await command('mount', '-o', 'loop,errors=remount-ro', this.#image, this.folder);
  }
}

async function command(name: string, ...args: string[]): Promise<void> {
  await run(name, args, { timeout: commandWithinMs });
}
