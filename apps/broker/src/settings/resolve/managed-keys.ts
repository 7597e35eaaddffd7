import type { SettingsPath } from '../paths.js';
import type { FileReader } from './file-reader.js';
import { ManagedKeysSchema } from '../schema/managed-keys.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { ManagedKeysSettings } from '../settings.js';

/** Keys that are published at the same time, at most. */
const maxPublished = 100;

export function resolveManagedKeys(
  { managedKeys, store }: SettingsSchema,
  root: SettingsPath,
  files: FileReader,
): ManagedKeysSettings {
  const path = root.key('managedKeys');
  const schema = path.isValid ? (managedKeys ?? new ManagedKeysSchema()) : new ManagedKeysSchema();
  const [rotateEvery, announceFor, keepFor] = [schema.rotateEvery, schema.announceFor, schema.keepFor].map(
    (seconds) => Math.round(seconds * 1000),
  ) as [number, number, number];
  if (announceFor > rotateEvery) path.key('announceFor').fault('must not be longer than `rotateEvery`');
  if (keepFor > rotateEvery * maxPublished) {
    path.key('keepFor').fault(`must not be longer than ${maxPublished} times \`rotateEvery\``);
  }
  const folder = schema.folder === undefined ? undefined : files.path(schema.folder);
  if (folder !== undefined && store !== undefined) {
    path.key('folder').warn('is not used with `store.redis`, where all replicas have the keys');
  }
  return Object.freeze({
    rotateEvery,
    announceFor,
    keepFor,
    folder: store === undefined ? folder : undefined,
    isPossible: !path.isValid || store !== undefined || folder !== undefined,
  });
}
