import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The wall clock of a program that is not Node.js, by libfaketime: its monotonic clock stays as it is. */
export class MovableClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'clock-'));
  readonly #file = join(this.#folder, 'offset');

  /** @param seconds by which it is ahead at the start */
  constructor(seconds = 0) {
    this.move(seconds);
  }

  /** For the program. */
  get environment(): NodeJS.ProcessEnv {
    const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
    return {
      // The allocator of Redis, jemalloc, reads the clock while libfaketime makes itself ready by it: libc's own does not.
      LD_PRELOAD: `${library} libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param seconds by which it is ahead of the right time from now on; negative: behind it */
  move(seconds: number): void {
    const next = `${this.#file}.next`;
    writeFileSync(next, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`);
    renameSync(next, this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
