import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atOnce } from '../slices.js';
import { SourceFiles } from './source-files.js';

let folder: string;
let sources: SourceFiles;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sources-'));
  sources = new SourceFiles();
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('source files', () => {
  it('a file is read once, so that one version of the settings is of one piece', () => {
    const path = write('a', 'first');
    expect(sources.read(path)).toBe('first');
    write('a', 'second');
    expect(sources.read(path)).toBe('first');
    expect(atOnce(sources.changes())).toMatchObject({ isReplaced: false });
  });

  it('a file of the same size and time is a change when it is another file', () => {
    const path = write('a', 'old');
    utimesSync(path, 1, 1);
    sources.read(path);
    utimesSync(write('b', 'new'), 1, 1);
    renameSync(join(folder, 'b'), path);
    expect(atOnce(sources.changes())).toMatchObject({ isReplaced: true });
  });

  it('a file that appears is a change', () => {
    expect(() => sources.read(join(folder, 'a'))).toThrow('no such file');
    expect(atOnce(sources.changes())).toBeUndefined();
    write('a', 'x');
    expect(atOnce(sources.changes())).toMatchObject({ isReplaced: false });
  });

  it('a byte order mark is left out', () => {
    expect(sources.read(write('a', '\uFEFFx'))).toBe('x');
  });

  it('the digest covers contents and paths, not times', () => {
    const path = write('a', 'x');
    sources.read(path);
    utimesSync(path, 1, 1);
    const again = new SourceFiles();
    again.read(path);
    expect(again.digest).toBe(sources.digest);
    write('a', 'y');
    const changed = new SourceFiles();
    changed.read(path);
    expect(changed.digest).not.toBe(sources.digest);
  });

  it('what is no text file is unreadable, with the reason', () => {
    mkdirSync(join(folder, 'directory'));
    expect(() => sources.read(join(folder, 'directory'))).toThrow('not a regular file');
    expect(() => sources.read('/dev/zero')).toThrow('not a regular file');
    expect(() => sources.read(write('binary', Buffer.from([0xff, 0xfe, 0x61])))).toThrow('not UTF-8 text');
    expect(() => sources.read(write('big', 'x'.repeat(16 * 1024 * 1024 + 1)))).toThrow('larger than 16 MiB');
    expect(() => sources.read(join(write('file', ''), 'below'))).toThrow('no such file');
    expect(() => sources.read(`${folder}/nul\0`)).toThrow('ERR_INVALID_ARG_VALUE');
  });

  it('a forbidden file is unreadable, with the reason', () => {
    const path = write('a', 'x');
    chmodSync(path, 0);
    expect(() => asNobody(() => sources.read(path))).toThrow('permission denied');
  });
});

/** Nothing is forbidden to root. */
function asNobody<T>(act: () => T): T {
  const own = process.geteuid?.();
  if (own !== 0) return act();
  process.seteuid?.(65_534);
  try {
    return act();
  } finally {
    process.seteuid?.(own);
  }
}
