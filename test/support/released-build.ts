import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const archive = join(import.meta.dirname, '../redis/fixtures/broker-0.1.0.tar.gz');

/** The broker of version 0.1.0 (commit dcfaf1a) as it was built, unpacked into a folder of its own. */
export class ReleasedBuild {
  static readonly version = '0.1.0';
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-0.1.0-'));
  /** What Node.js runs. */
  readonly main = join(this.#folder, 'dist/broker/main.js');

  constructor() {
    execFileSync('tar', ['-xzf', archive, '-C', this.#folder]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
