export interface StoredKeys {
  text: string;
  /** Names this version of them, for `replace`. */
  revision: Buffer;
}

/** Keeps the signing keys of clients, shared by all replicas where there are several. What they are is opaque here. */
export abstract class SigningKeyStore {
  /** @throws when the store cannot be read, or what it holds cannot be opened */
  abstract read(id: string): Promise<StoredKeys | undefined>;

  /**
   * Puts `text` in place of what was read; undefined: of nothing.
   * @returns false when something else is there by now: of several replicas one succeeds
   * @throws when the store cannot be written
   */
  abstract replace(id: string, read: Buffer | undefined, text: string): Promise<boolean>;
}
