import type { JWK } from 'jose';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import type { SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { SigningKeyStore } from '#tokens/ports/signing-key-store.js';
import type { SigningKey } from '../request/client-credential.js';
import { type KeyRotation, type ManagedKey, ManagedKeySet } from './managed-key-set.js';

/** The keys of one client that the broker makes itself. */
export interface ManagedKeyReference {
  /** Under which they are stored: the same for all replicas. */
  id: string;
  /** The client's name in the settings. */
  client: string;
  algorithm: SigningAlgorithm;
  rotation: KeyRotation;
}

interface Copy {
  keys: ManagedKeySet;
  revision: Buffer | undefined;
  /** Instant of the monotonic clock. */
  readAt: number;
}

/** Milliseconds for which a copy is used at most. */
const maxAge = 5_000;

/** Milliseconds until the store is asked again after a failure. */
const retryAfter = 1_000;

/**
 * Makes signing keys, shares them with the other replicas, and rotates them: another key is announced before it signs,
 * and published after. A replica publishes what it has read from the store for less than a part of the announcement, so a
 * key is published by all of them before any of them signs with it, however slow one is.
 */
export class ManagedKeys {
  readonly #copies = new Map<string, Copy>();
  readonly #reading = new Map<string, Promise<Copy>>();
  readonly #nextRead = new Map<string, Promise<Copy>>();
  readonly #rotating = new Map<string, Promise<void>>();

  /** @param onAnnounced called with each key that this replica has made, before it signs */
  constructor(
    private readonly store: SigningKeyStore,
    private readonly clock: Clock,
    private readonly onAnnounced: (client: string, key: ManagedKey) => void = () => {},
  ) {}

  /**
   * The key that signs now.
   * @throws UpstreamFailure `credential_unavailable` when there is none, and none can be made
   */
  async signingKey(reference: ManagedKeyReference): Promise<SigningKey> {
    const key = await this.#current(reference).catch((cause: unknown) => {
      throw unavailable(reference, cause);
    });
    if (key === undefined) throw unavailable(reference);
    const { keyId, algorithm, privateKey } = key;
    return { keyId, algorithm, privateKey: new Secret(privateKey) };
  }

  /** The public keys that an authorization server has to know. None while there is no key yet. */
  async published(reference: ManagedKeyReference): Promise<JWK[]> {
    let { keys } = await this.#load(reference);
    // The first key signs at once: another replica may have made it since the last read began.
    if (keys.keys.length === 0) ({ keys } = await this.#readAgain(reference.id));
    return keys.published(this.clock.wallTime(), reference.rotation);
  }

  /** When another key is announced, by what was read last: Unix time in milliseconds; undefined while no key is known. */
  nextRotation({ id, rotation }: ManagedKeyReference): number | undefined {
    return this.#copies.get(id)?.keys.nextRotation(rotation);
  }

  /** To be called every few seconds: makes the keys that are due. */
  async rotateDue(references: readonly ManagedKeyReference[]): Promise<void> {
    await Promise.all(
      references.map(async (reference) => {
        const { keys } = await this.#load(reference);
        if (this.#isDue(keys, reference)) await this.#rotate(reference);
      }),
    );
  }

  async #current(reference: ManagedKeyReference): Promise<ManagedKey | undefined> {
    const { keys } = await this.#load(reference);
    if (keys.keys.length === 0) await this.#rotate(reference);
    else if (this.#isDue(keys, reference)) void this.#rotate(reference).catch(() => {});
    return this.#copies.get(reference.id)?.keys.current(this.clock.wallTime());
  }

  #isDue(keys: ManagedKeySet, { algorithm, rotation }: ManagedKeyReference): boolean {
    return keys.isRotationDue(this.clock.wallTime(), algorithm, rotation);
  }

  /** What was read last stays in use while the store is down: its keys have been published. */
  async #load({ id, rotation }: ManagedKeyReference): Promise<Copy> {
    const copy = this.#copies.get(id);
    const freshFor = Math.min(maxAge, rotation.announceFor / 4);
    if (copy !== undefined && this.clock.now() - copy.readAt < freshFor) return copy;
    try {
      return await this.#read(id);
    } catch (error) {
      if (copy === undefined) throw error;
      return copy;
    }
  }

  #read(id: string): Promise<Copy> {
    const reading = this.#reading.get(id) ?? this.#readStore(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  /** By a read that has not begun yet: all that ask meanwhile share it, as anyone may ask for public keys. */
  #readAgain(id: string): Promise<Copy> {
    const known = this.#nextRead.get(id);
    if (known !== undefined) return known;
    const before = this.#reading.get(id)?.catch(() => {}) ?? Promise.resolve();
    const next = before.then(() => {
      this.#nextRead.delete(id);
      return this.#read(id);
    });
    this.#nextRead.set(id, next);
    return next;
  }

  async #readStore(id: string): Promise<Copy> {
    const readAt = this.clock.now();
    const stored = await this.store.read(id);
    const known = this.#copies.get(id);
    const read = stored === undefined ? new ManagedKeySet() : ManagedKeySet.parse(stored.text);
    // A store that has forgotten them, or has former ones again (a failover, a backup, another writer), gets
    // them back: others would sign with keys that no server knows, or that were withdrawn.
    const isBehind = known !== undefined && known.keys.newest > read.newest;
    const keys = isBehind ? known.keys : read;
    if (isBehind) await this.store.replace(id, stored?.revision, String(keys));
    const copy = { keys, revision: stored?.revision, readAt };
    this.#copies.set(id, copy);
    return copy;
  }

  #rotate(reference: ManagedKeyReference): Promise<void> {
    const { id } = reference;
    const rotating =
      this.#rotating.get(id) ?? this.#announce(reference).finally(() => this.#rotating.delete(id));
    this.#rotating.set(id, rotating);
    return rotating;
  }

  /** Of several replicas that announce a key at the same time, one does; the others read its key. */
  async #announce(reference: ManagedKeyReference): Promise<void> {
    const { id, client, algorithm, rotation } = reference;
    const { keys, revision } = await this.#read(id);
    if (!this.#isDue(keys, reference)) return;
    const next = await keys.rotated(this.clock.wallTime(), algorithm, rotation);
    const isOurs = await this.store.replace(id, revision, String(next));
    if (isOurs) this.onAnnounced(client, next.keys.at(-1)!);
    await this.#read(id);
  }
}

function unavailable({ client }: ManagedKeyReference, cause?: unknown): UpstreamFailure {
  const { code, reason = code } = (cause ?? {}) as { code?: unknown; reason?: unknown };
  const why = typeof reason === 'string' ? ` (${reason})` : '';
  return new UpstreamFailure(
    'credential_unavailable',
    `No token request was sent for client ${client}: its managed signing key cannot be read or made${why}. Check the store, or the folder of managedKeys.`,
    { retryAfter, cause },
  );
}
