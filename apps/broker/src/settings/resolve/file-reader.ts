import { resolve } from 'node:path';
import { Secret } from '#tokens/model/secret.js';
import { type SourceFiles, UnreadableFile } from '../yaml/source-files.js';
import { isFileReference, type TextOrFile } from '../schema/text-or-file.js';
import type { Place } from '../place.js';

/** Reads what may stand in the settings or in a file of its own. */
export class FileReader {
  /**
   * @param folder that relative paths start from
   * @param written the text as written, by path, of values with variables in them: theirs are not to be shown
   */
  constructor(
    private readonly sources: SourceFiles,
    private readonly folder: string,
    private readonly written: ReadonlyMap<string, string>,
  ) {}

  /** Of an inline secret white space is kept and warned about, of one in a file it is trimmed. */
  secret(value: TextOrFile, place: Place): Secret | undefined {
    const text = this.#text(value, place);
    if (text === undefined) return undefined;
    if (/[\r\n]/.test(text.trim())) {
      place.warn('has a line break within; it is compared literally');
    } else if (text !== text.trim()) {
      place.warn('has surrounding white space; it is compared literally');
    }
    return new Secret(text);
  }

  /** Text in which surrounding white space means nothing, such as PEM or a URL; not yet looked into. */
  trimmed(value: TextOrFile | undefined, place: Place): string | undefined {
    return value === undefined ? undefined : this.#text(value, place)?.trim();
  }

  #text(value: TextOrFile, place: Place): string | undefined {
    const text = isFileReference(value) ? this.#file(value.file, place.key('file')) : value;
    if (text?.trim() === '') place.fault('must not be empty');
    return place.clean ? text : undefined;
  }

  #file(file: string, place: Place): string | undefined {
    const path = resolve(this.folder, file);
    try {
      return this.sources.read(path).trim();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      const shown = printable(this.written.get(place.path) ?? path);
      place.fault(`must be a readable file: ${shown} (${error.message})`);
      return undefined;
    }
  }
}

function printable(path: string): string {
  return path.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, '?');
}
