import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Secret, digest } from '#tokens/model/secret.js';
import type { Steps } from '../slices.js';

const maxBytes = 16 * 1024 * 1024;

const reasons: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'too many symbolic links',
  EMFILE: 'this process has too many files open: raise its limit (ulimit -n)',
  ENFILE: 'this machine has too many files open',
};

/** Conditions of the machine, not of the file: descriptors or memory are used up, a disk or network disk fails. */
const transientCodes = new Set([
  'EMFILE',
  'ENFILE',
  'EIO',
  'ENOMEM',
  'EAGAIN',
  'EBUSY',
  'ESTALE',
  'ETIMEDOUT',
]);

/** A file could not be read; the message is the reason and holds nothing of its content. */
export class UnreadableFile extends Error {
  constructor(
    message: string,
    /** Whether the same file may be readable in a moment. */
    readonly isTransient = false,
  ) {
    super(message);
  }
}

/** What of a content makes a version of the settings, in place of all of it; undefined where the content is not as it should be. */
export type Essence = (text: string) => string | undefined;

interface Source {
  /** Another one when the file is, or what its path leads to. */
  fingerprint: string;
  content: Secret | UnreadableFile;
  /** What a version of the settings depends on. */
  essence: string;
}

export interface SourceChanges {
  /** The same for the same files as they are now. */
  version: string;
  /** Whether another file was put in place of each, whole: by a rename, or by a link that leads elsewhere now. */
  isReplaced: boolean;
}

/** The files that one version of the settings comes from. Each is read once, so a version is of one piece. */
export class SourceFiles {
  readonly #sources = new Map<string, Source>();
  readonly #folders = new Map<string, Source>();
  #former: ReadonlyMap<string, Source> | undefined;

  /** @param former those of the version before: what has not changed since is not read again */
  constructor(former?: SourceFiles) {
    this.#former = former && former.#sources;
  }

  /** Absolute paths, those of missing files included: their appearance is a change too. */
  get paths(): readonly string[] {
    return [...this.#sources.keys()];
  }

  /** The same for the same paths with the same content, or the same essence of it. */
  get digest(): string {
    return digest(
      [...this.#sources, ...this.#folders].flatMap(([path, { content, essence }]) => [
        path,
        content instanceof Secret ? 'text' : 'unreadable',
        essence,
      ]),
    );
  }

  /** @throws UnreadableFile unless it is a regular file of at most 16 MiB of UTF-8 text */
  read(path: string, essence?: Essence): string {
    const source = this.#sources.get(path) ?? this.#unchanged(path) ?? readSource(path, essence);
    this.#sources.set(path, source);
    if (source.content instanceof UnreadableFile) throw source.content;
    return source.content.reveal();
  }

  /**
   * The names in a folder, in their order, without what editors and backups leave there; none when there is no such folder.
   * @throws UnreadableFile when there is one and it cannot be read
   */
  list(folder: string): readonly string[] {
    const source = this.#folders.get(folder) ?? listedSource(folder);
    this.#folders.set(folder, source);
    if (source.content instanceof UnreadableFile) throw source.content;
    return source.content.reveal().split('\0').filter(Boolean);
  }

  /** All has been read: the version before is not needed any more. */
  close(): void {
    this.#former = undefined;
  }

  #unchanged(path: string): Source | undefined {
    const source = this.#former?.get(path);
    const isReadable = source?.content instanceof Secret;
    return isReadable && source.fingerprint === fingerprintOf(path) ? source : undefined;
  }

  /** Whether a file could not be read for a reason that may be gone in a moment. */
  get isTransient(): boolean {
    return [...this.#sources.values(), ...this.#folders.values()].some(
      ({ content }) => content instanceof UnreadableFile && content.isTransient,
    );
  }

  /** Cheap: one stat for each file. Symbolic links are followed, as Kubernetes swaps them to change mounted files. */
  *changes(): Steps<SourceChanges | undefined> {
    const changed: string[] = [];
    let isReplaced = true;
    for (const [path, { fingerprint }] of [...this.#sources, ...this.#folders]) {
      yield;
      const now = fingerprintOf(path);
      if (now === fingerprint) continue;
      changed.push(path, now);
      isReplaced &&= isOtherFile(fingerprint, now);
    }
    return changed.length === 0 ? undefined : { version: digest(changed), isReplaced };
  }
}

function readSource(path: string, essenceOf: Essence = () => undefined): Source {
  // It is taken first: a change during the reading shows as a change afterwards.
  const fingerprint = fingerprintOf(path);
  try {
    const content = new Secret(readText(path));
    return { fingerprint, content, essence: essenceOf(content.reveal()) ?? content.sha256 };
  } catch (error) {
    const content = error instanceof UnreadableFile ? error : unreadable(error);
    return { fingerprint, content, essence: content.message };
  }
}

/** Hidden files (of Kubernetes, too), backups, and what editors write while they save. */
const leftover = /^[.#]|~$|^\d+$|\.(?:bak|old|orig|rej|swp|tmp)$/i;

/** As of an empty folder. */
const noNames = new Secret('');

function listedSource(folder: string): Source {
  const fingerprint = fingerprintOf(folder);
  try {
    const names = readdirSync(folder).filter((name) => !leftover.test(name));
    const content = new Secret(names.toSorted().join('\0'));
    return { fingerprint, content, essence: content.sha256 };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { fingerprint, content: noNames, essence: noNames.sha256 };
    const content = codeOf(error) === 'ENOTDIR' ? new UnreadableFile('not a folder') : unreadable(error);
    return { fingerprint, content, essence: content.message };
  }
}

function readText(path: string): string {
  const stats = statSync(path);
  // A pipe or device could block the process for ever.
  if (!stats.isFile()) throw new UnreadableFile('not a regular file');
  if (stats.size > maxBytes) throw new UnreadableFile('larger than 16 MiB');
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile('not UTF-8 text');
  }
}

function fingerprintOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino} ${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Not for one that appears or is gone: it may just be written, or be removed to be written again. */
function isOtherFile(before: string, now: string): boolean {
  const [one, other] = [before, now].map((fingerprint) => /^\d+:\d+(?= )/.exec(fingerprint)?.[0]);
  return one !== undefined && other !== undefined && one !== other;
}

function unreadable(error: unknown): UnreadableFile {
  return new UnreadableFile(reasonOf(error), transientCodes.has(codeOf(error)));
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons[code] ?? code;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
