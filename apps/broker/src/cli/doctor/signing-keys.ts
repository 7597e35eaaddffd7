import { ManagedKeys } from '#oauth/keys/managed-keys.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import { RedisSigningKeyStore } from '#redis/keys/redis-signing-key-store.js';
import { KeyRing } from '#redis/tokens/key-ring.js';
import type { Clock } from '#tokens/model/clock.js';
import { SigningKeyStore, type StoredKeys } from '#tokens/ports/signing-key-store.js';
import { FolderSigningKeyStore } from '../../core/folder-signing-key-store.js';
import type { Settings } from '../../settings/settings.js';

/** Milliseconds for which Redis is waited for. */
const patience = 3_000;

/** Reads what the broker keeps, and makes no key: the doctor must not rotate anything. */
class ReadOnlyStore extends SigningKeyStore {
  constructor(private readonly store: SigningKeyStore) {
    super();
  }

  override read(id: string): Promise<StoredKeys | undefined> {
    return this.store.read(id);
  }

  override async replace(): Promise<boolean> {
    return false;
  }
}

/** Uses the keys that the broker has made for its clients. */
export async function withManagedKeys<T>(
  { store, managedKeys }: Settings,
  clock: Clock,
  act: (keys: ManagedKeys | undefined) => Promise<T>,
): Promise<T> {
  const keysIn = (kept: SigningKeyStore) => new ManagedKeys(new ReadOnlyStore(kept), clock);
  const { folder } = managedKeys;
  if (store === undefined)
    return act(folder === undefined ? undefined : keysIn(new FolderSigningKeyStore(folder)));
  const { redis: options } = store;
  const connections = RedisConnections.open(options, () => {});
  try {
    await connections.ready(patience);
    const keys = new RedisKeys(options.keyPrefix);
    const ring = new KeyRing(options.encryptionKeys);
    const health = new CircuitBreaker(clock);
    const kept = new RedisSigningKeyStore({ redis: connections.commands, health, keys, ring });
    return await act(keysIn(kept));
  } finally {
    await connections.close();
  }
}
