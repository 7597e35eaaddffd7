import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeSigningKeyStore } from '../../../../test/contracts/signing-key-store.contract.js';
import { FolderSigningKeyStore } from './folder-signing-key-store.js';

function someFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describeSigningKeyStore('FolderSigningKeyStore', async () => {
  const store = new FolderSigningKeyStore(join(someFolder(), 'below'));
  return { store, another: store };
});

it('signing keys stay as they were when the disk is full, and no half of others is left', async () => {
  const folder = someFolder();
  const store = new FolderSigningKeyStore(folder);
  await store.replace('one', undefined, 'not-a-real-key');
  const before = await store.read('one');
  symlinkSync('/dev/full', join(folder, 'one.json.next'));

  await expect(store.replace('one', before?.revision, 'another')).rejects.toThrow('ENOSPC');

  expect(await store.read('one')).toEqual(before);
  expect(readdirSync(folder)).toEqual(['one.json']);
  expect(await store.replace('one', before?.revision, 'another')).toBe(true);
});

it('signing keys in a folder can be read by their owner only, and nothing else is left there', async () => {
  const folder = join(someFolder(), 'below');
  const store = new FolderSigningKeyStore(folder);

  await store.replace('one', undefined, 'not-a-real-key');

  expect(readdirSync(folder)).toEqual(['one.json']);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'one.json')).mode & 0o777).toBe(0o600);
});
