import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of files as Kubernetes mounts a secret: each is a link through `..data`, which is swapped as a whole. */
export class MountedFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'mounted-'));
  #version = 0;

  /** @param files content by name */
  constructor(files: Readonly<Record<string, string>>) {
    this.replace(files);
    for (const name of Object.keys(files)) symlinkSync(join('..data', name), this.path(name));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Puts another version of all files in place, at once. */
  replace(files: Readonly<Record<string, string>>): void {
    this.#version += 1;
    const version = `..version-${this.#version}`;
    mkdirSync(this.path(version));
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(this.path(version), name), content);
    symlinkSync(version, this.path('..data_tmp'));
    renameSync(this.path('..data_tmp'), this.path('..data'));
    rmSync(this.path(`..version-${this.#version - 1}`), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
