import type { JWK } from 'jose';
import { type ManagedKeyReference, ManagedKeys } from '#oauth/keys/managed-keys.js';
import { managedKeyOf } from '#oauth/request/client-credential.js';
import type { Settings } from '../settings/settings.js';

/** Seconds that a key set may be cached, at most. */
const maxCacheTime = 3_600;

/** The keys that the broker makes itself, of the clients of the active settings. */
export class PublishedKeys {
  #settings: Pick<Settings, 'clients' | 'managedKeys'> | undefined;

  /** @param keys undefined where there is no place to keep any */
  constructor(readonly keys: ManagedKeys | undefined) {}

  replaceSettings(settings: Settings): void {
    this.#settings = settings;
    this.rotateDue().catch(() => {});
  }

  async rotateDue(): Promise<void> {
    await this.keys?.rotateDue(this.#references());
  }

  /** Public keys (RFC 7517 §5), of one client or of all; none of a client that has no such keys, or does not exist. */
  async jwks(client?: string): Promise<{ keys: JWK[] }> {
    const references = this.#references(client);
    const sets = await Promise.all(references.map((one) => this.keys?.published(one) ?? []));
    return { keys: [...new Map(sets.flat().map((key) => [key.kid, key])).values()] };
  }

  /** When another key is announced, of each client that has such keys: Unix time in milliseconds. */
  rotations(): { client: string; at: number }[] {
    return this.#references().flatMap((one) => {
      const at = this.keys?.nextRotation(one);
      return at === undefined ? [] : [{ client: one.client, at }];
    });
  }

  /** Whole seconds for which others may keep what they have read: by then a key that was announced later does not sign yet. */
  get cacheTime(): number {
    const { announceFor = 0 } = this.#settings?.managedKeys ?? {};
    return Math.min(maxCacheTime, Math.floor(announceFor / 2_000));
  }

  #references(client?: string): ManagedKeyReference[] {
    const { clients = {} } = this.#settings ?? {};
    const chosen = client === undefined ? Object.values(clients) : [clients[client]];
    const all = chosen.flatMap((one) => one?.credentials.flatMap((each) => managedKeyOf(each) ?? []) ?? []);
    return [...new Map(all.map((one) => [one.id, one])).values()];
  }
}
