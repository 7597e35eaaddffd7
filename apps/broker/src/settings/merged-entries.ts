import type { FoundFault } from './paths.js';
import type { EntryFile, EntryKind } from './yaml/entry-files.js';
import type { YamlMapping } from './yaml/settings-tree.js';

/** The settings file together with the files of `clients.d` and `consumers.d`: each entry belongs to one file. */
export class MergedEntries {
  /** Why a file is not used as it is: its former version is, if there is one. */
  readonly refused = new Map<string, readonly FoundFault[]>();
  /** Whose former version has a fault now, too: the client that it is for may be gone. Nothing of them is used. */
  readonly #unusable = new Set<string>();
  /** By kind and name. */
  readonly #owners = new Map<string, string>();
  readonly #used = new Map<string, YamlMapping>();

  constructor(private readonly files: readonly EntryFile[]) {
    for (const { path, faults } of files) if (faults.length > 0) this.refused.set(path, faults);
  }

  /** What is in force of each file. */
  get used(): Map<string, YamlMapping> {
    return this.#used;
  }

  with(document: YamlMapping): YamlMapping {
    this.#owners.clear();
    this.#used.clear();
    const merged = new Map(document);
    for (const kind of new Set(this.files.map(({ kind: itsKind }) => itsKind))) {
      const entries = merged.get(kind) ?? new Map<string, unknown>();
      // Anything else is a fault of the settings file itself, which is found there.
      if (!(entries instanceof Map)) continue;
      const all = new Map<string, unknown>(entries);
      for (const file of this.files) if (file.kind === kind) this.#add(file, all);
      if (all.size > 0) merged.set(kind, all);
    }
    return merged;
  }

  /** Refuses the files that faults belong to, and then their former versions; false when there is nothing left to refuse. */
  refuse(faults: readonly FoundFault[]): boolean {
    const ownerOf = ({ keys = [] }: FoundFault) => this.#owners.get(keys.slice(0, 2).join(' ')) ?? '';
    const byFile = Map.groupBy(faults, ownerOf);
    const found = [...byFile].filter(([path]) => path !== '' && !this.#unusable.has(path));
    for (const [path, its] of found) {
      if (this.refused.has(path)) this.#unusable.add(path);
      else this.refused.set(path, its);
    }
    return found.length > 0;
  }

  #add(file: EntryFile, all: Map<string, unknown>): void {
    const { path, kind } = file;
    if (!this.refused.has(path)) {
      const faults = this.#duplicates(file, all);
      if (faults.length > 0) this.refused.set(path, faults);
    }
    const entries = this.refused.has(path) ? file.former : file.entries;
    if (this.#unusable.has(path) || entries === undefined) return;
    if ([...entries.keys()].some((name) => all.has(name))) return;
    this.#used.set(path, entries);
    for (const [name, entry] of entries) {
      this.#owners.set(`${kind} ${name}`, path);
      all.set(name, entry);
    }
  }

  #duplicates(
    { kind, entries }: { kind: EntryKind; entries: YamlMapping },
    mapping: YamlMapping,
  ): FoundFault[] {
    return [...entries.keys()]
      .filter((name) => mapping.has(name))
      .map((name) => ({
        path: `${kind}.${name}`,
        message: `is already in ${this.#owners.get(`${kind} ${name}`) ?? 'the settings file'}`,
        keys: [kind, name],
      }));
  }
}
