import { RedisForm } from '../schema/redis-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { StoreSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';
import { resolveRedis } from './redis.js';

/** Undefined when it is omitted, and when it has faults. */
export function resolveStore(
  { store }: SettingsForm,
  root: Place,
  files: FileReader,
): StoreSettings | undefined {
  if (!(store?.redis instanceof RedisForm)) return undefined;
  const redis = resolveRedis(store.redis, root.key('store').key('redis'), files);
  return redis && Object.freeze({ redis });
}
