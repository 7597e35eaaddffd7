import { basename, dirname, join } from 'node:path';
import { Diagnostics, type FoundFault } from '../paths.js';
import type { Steps } from '../slices.js';
import type { YamlMapping } from './settings-tree.js';
import { printable } from '../resolve/file-reader.js';
import { type SourceFiles, UnreadableFile } from './source-files.js';
import { parseYaml } from './yaml-document.js';

/** What teams may write beside the settings file: each file of such a folder is a mapping from names to entries. */
const kinds = ['clients', 'consumers'] as const;

const wanted = /\.ya?ml$/i;

export type EntryKind = (typeof kinds)[number];

/** One file of `clients.d` or `consumers.d`. */
export interface EntryFile {
  path: string;
  kind: EntryKind;
  entries: YamlMapping;
  /** Why it cannot be read, or is no mapping. */
  faults: readonly FoundFault[];
  /** The version that was in force last, if there was one. */
  former: YamlMapping | undefined;
}

/** The files of `clients.d` and `consumers.d`, and the versions of them that are in force. */
export class EntryFiles {
  readonly #parsed = new Map<string, { text: string; file: Omit<EntryFile, 'former'> }>();
  #inForce = new Map<string, YamlMapping>();

  /** In the order of their names, those first that have not changed: what two of them claim stays where it is. */
  *read(folder: string, sources: SourceFiles, { warnings }: Diagnostics): Steps<EntryFile[]> {
    const files: EntryFile[] = [];
    for (const kind of kinds) {
      const here = join(folder, `${kind}.d`);
      try {
        const names = sources.list(here);
        const [ignored, ...others] = names.filter((name) => !wanted.test(name));
        if (ignored !== undefined) {
          const more = others.length === 0 ? '' : ` and ${others.length} more`;
          warnings.push(
            `${kind}.d: ${printable(ignored)}${more} ignored, as only files that end in .yaml or .yml are read`,
          );
        }
        for (const name of names.filter((one) => wanted.test(one))) {
          yield;
          const path = join(here, name);
          files.push({ ...(yield* this.#file(path, kind, sources)), former: this.#inForce.get(path) });
        }
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        files.push(...this.#unreadable(here, kind, error));
      }
    }
    const isChanged = ({ entries, former }: EntryFile) => Number(entries !== former);
    return files.toSorted((one, other) => isChanged(one) - isChanged(other));
  }

  /** All of the folder stay in force as they are. */
  #unreadable(folder: string, kind: EntryKind, { message }: UnreadableFile): EntryFile[] {
    const diagnostics = new Diagnostics();
    diagnostics.fault(folder, `must be a readable folder (${message})`);
    const nothing = new Map<string, unknown>();
    const known = [...this.#inForce].filter(([path]) => dirname(path) === folder);
    return [
      { path: folder, kind, entries: nothing, faults: diagnostics.found, former: undefined },
      ...known.map(([path, entries]) => ({ path, kind, entries, faults: [], former: entries })),
    ];
  }

  /** @param entries of each file, by its path, as they are in force now */
  keep(entries: Map<string, YamlMapping>): void {
    this.#inForce = entries;
    for (const path of this.#parsed.keys()) if (!entries.has(path)) this.#parsed.delete(path);
  }

  *#file(path: string, kind: EntryKind, sources: SourceFiles): Steps<Omit<EntryFile, 'former'>> {
    const diagnostics = new Diagnostics();
    const nothing = { path, kind, entries: new Map<string, unknown>() };
    let text: string;
    try {
      text = sources.read(path);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      diagnostics.fault(path, `must be a readable file (${error.message})`);
      return { ...nothing, faults: diagnostics.found };
    }
    const known = this.#parsed.get(path);
    if (known?.text === text) return known.file;
    const document = yield* parseYaml(text, diagnostics);
    const isMapping = document instanceof Map;
    if (!isMapping && diagnostics.found.length === 0) {
      diagnostics.fault(basename(path), `must be a mapping from names to ${kind}`, { keys: [] });
    }
    const file = isMapping
      ? { path, kind, entries: document, faults: [] }
      : { ...nothing, faults: diagnostics.found };
    this.#parsed.set(path, { text, file });
    return file;
  }
}
