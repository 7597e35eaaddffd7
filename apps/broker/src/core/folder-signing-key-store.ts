import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SigningKeyStore, type StoredKeys } from '#tokens/ports/signing-key-store.js';

/** Signing keys in a folder that only this user can read, for a single replica. */
export class FolderSigningKeyStore extends SigningKeyStore {
  #replacing: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {
    super();
  }

  override async read(id: string): Promise<StoredKeys | undefined> {
    try {
      const revision = await readFile(this.#path(id));
      return { text: revision.toString(), revision };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  override replace(id: string, read: Buffer | undefined, text: string): Promise<boolean> {
    const replaced = this.#replacing.then(() => this.#replace(id, read, text));
    this.#replacing = replaced.catch(() => {});
    return replaced;
  }

  /** Written beside and renamed: a process that ends in between leaves the keys as they were. */
  async #replace(id: string, read: Buffer | undefined, text: string): Promise<boolean> {
    const before = (await this.read(id))?.revision;
    if (before === undefined || read === undefined ? before !== read : !before.equals(read)) return false;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const next = `${this.#path(id)}.next`;
    try {
      await writeFile(next, text, { mode: 0o600, flush: true });
      await rename(next, this.#path(id));
    } catch (error) {
      // On a full disk half of it would use the space that another attempt needs.
      await rm(next, { force: true });
      throw error;
    }
    return true;
  }

  #path(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}
