import { resolve } from 'node:path';
import { EntryFiles } from './yaml/entry-files.js';
import { type SourceChanges, SourceFiles } from './yaml/source-files.js';
import { type LoadedSettings, readSettings } from './load-settings.js';
import { atOnce, inSlices, type Steps } from './slices.js';
import { SettingsFault } from './settings-fault.js';

export type SettingsChange =
  | { readonly outcome: 'reloaded'; readonly loaded: LoadedSettings }
  /** The settings that were in force stay so. */
  | { readonly outcome: 'refused'; readonly fault: SettingsFault }
  /** What was refused is gone: on disk lies what is in force. */
  | { readonly outcome: 'restored' };

/** Checks for which a file that is written in place is waited for while each finds it changed again. */
const longestWriting = 30;

/** The settings file on disk, and all that it leads to, as it changes. */
export class SettingsFile {
  readonly #path: string;
  /** What the last attempt read, or looked for in vain. */
  #sources = new SourceFiles();
  readonly #entryFiles = new EntryFiles();
  #inForce: string | undefined;
  #refused: string | undefined;
  /** What is being written in place: the version seen last, and in how many checks. */
  #writing = { version: '', checks: 0 };

  constructor(
    file: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    this.#path = resolve(file);
  }

  /** @throws SettingsFault */
  load(): LoadedSettings {
    const attempt = atOnce(this.#attempt());
    if (attempt instanceof SettingsFault) throw attempt;
    this.#inForce = this.#sources.digest;
    return attempt;
  }

  /**
   * To be called about each second, and not while it runs: costs a stat for each file as long as nothing changed. A change
   * is read in slices, between which requests are served.
   * @param isWhole an operator says so: a file that is written in place is not waited for
   * @returns undefined when the content is what is in force, or what was refused last
   */
  async check(isWhole = false): Promise<SettingsChange | undefined> {
    const changes = await inSlices(this.#sources.changes());
    if (this.#mayBeWritten(changes) && !isWhole) return undefined;
    // What could not be read for want of descriptors, say, has not changed when it can be read.
    if (changes === undefined && !this.#sources.isTransient) return undefined;
    const attempt = await inSlices(this.#attempt());
    // Reported once, whichever of the files it meets.
    const version = this.#sources.isTransient ? 'transient' : this.#sources.digest;
    const known = version === this.#inForce || version === this.#refused;
    const isRestored = this.#refused !== undefined && version === this.#inForce;
    this.#refused = attempt instanceof SettingsFault ? version : undefined;
    if (isRestored) return { outcome: 'restored' };
    if (known) return undefined;
    if (attempt instanceof SettingsFault) return { outcome: 'refused', fault: attempt };
    this.#inForce = version;
    return { outcome: 'reloaded', loaded: attempt };
  }

  /** What is written in place must be the same in the next check, too: its first half may be valid settings. */
  #mayBeWritten(changes: SourceChanges | undefined): boolean {
    const { version, checks } = this.#writing;
    const isWhole =
      changes === undefined ||
      (changes.isReplaced && checks === 0) ||
      changes.version === version ||
      checks + 1 === longestWriting;
    this.#writing = isWhole ? { version: '', checks: 0 } : { version: changes.version, checks: checks + 1 };
    return !isWhole;
  }

  *#attempt(): Steps<LoadedSettings | SettingsFault> {
    this.#sources = new SourceFiles(this.#sources);
    try {
      return yield* readSettings(this.#path, this.environment, this.#sources, this.#entryFiles);
    } catch (error) {
      if (error instanceof SettingsFault) return error;
      throw error;
    } finally {
      this.#sources.close();
    }
  }
}
