import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { SigningKeyStore, type StoredKeys } from '#tokens/ports/signing-key-store.js';
import { FakeClock } from '#test/fake-clock.js';
import { type ManagedKeyReference, ManagedKeys } from './managed-keys.js';

const hour = 3_600_000;
const day = 24 * hour;

const reference: ManagedKeyReference = {
  id: 'one',
  client: 'partner',
  algorithm: 'ES256',
  rotation: { rotateEvery: 30 * day, announceFor: day, keepFor: day },
};

/** A store that all replicas share, and that may be down. */
class SharedStore extends SigningKeyStore {
  isDown = false;
  reads = 0;
  kept = new Map<string, StoredKeys>();

  override async read(id: string): Promise<StoredKeys | undefined> {
    this.reads += 1;
    if (this.isDown) throw new Error('down');
    return this.kept.get(id);
  }

  override async replace(id: string, read: Buffer | undefined, text: string): Promise<boolean> {
    if (this.isDown) throw new Error('down');
    if (this.kept.get(id)?.revision !== read) return false;
    this.kept.set(id, { text, revision: randomBytes(8) });
    return true;
  }
}

function scene() {
  const [clock, store] = [new FakeClock(), new SharedStore()];
  const announced: string[] = [];
  const replica = () => new ManagedKeys(store, clock, (_client, { keyId }) => announced.push(keyId));
  return { clock, store, announced, replica };
}

const idsOf = (keys: readonly JWK[]) => keys.map(({ kid }) => kid);

describe('managed keys', () => {
  it('sign at once by the first key, which all replicas share', async () => {
    const { announced, replica } = scene();
    const [one, other] = [replica(), replica()];

    const [first, second] = await Promise.all([one.signingKey(reference), other.signingKey(reference)]);

    expect(first.keyId).toBe(second.keyId);
    expect(announced).toEqual([first.keyId]);
    expect(await other.published(reference)).toEqual([
      expect.objectContaining({ kid: first.keyId, alg: 'ES256', use: 'sig', kty: 'EC' }),
    ]);
  });

  it('are published by a replica that has read that there were none a moment before', async () => {
    const { replica } = scene();
    const [one, other] = [replica(), replica()];
    expect(await other.published(reference)).toEqual([]);

    const { keyId } = await one.signingKey(reference);

    expect(idsOf(await other.published(reference))).toEqual([keyId]);
  });

  it('cost few reads of the store while there are none, however many ask for them', async () => {
    const { store, replica } = scene();
    const one = replica();
    const asked = Array.from({ length: 200 }, () => one.published(reference));
    expect((await Promise.all(asked)).flat()).toEqual([]);
    expect(store.reads).toBeLessThanOrEqual(3);
  });

  it('publish nothing private', async () => {
    const { replica } = scene();
    const one = replica();
    await one.rotateDue([reference]);

    const [published] = await one.published(reference);

    const whole = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const isPrivate = Object.keys(whole).filter((name) => !['kty', 'crv', 'x', 'y'].includes(name));
    expect(isPrivate).toEqual(['d']);
    expect(Object.keys(published!).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it.each(['RS256', 'PS512', 'ES384', 'EdDSA'] as const)('are made for %s', async (algorithm) => {
    const { replica } = scene();
    expect(await replica().signingKey({ ...reference, algorithm })).toMatchObject({ algorithm });
  });

  it('are announced before they sign, and kept after, in 50 rotations with replicas that end in every phase', async () => {
    const { clock, announced, replica } = scene();
    let replicas = [replica(), replica(), replica()];
    const signers = new Set<string>();
    /** What an authorization server has read, and keeps for as long as it may. */
    let known: (string | undefined)[] = [];
    let readAt = -Infinity;
    let step = 0;
    while (signers.size < 51) {
      const [replaced] = [replicas[step % 3]!];
      for (const one of replicas) await one.rotateDue([reference]);
      if (clock.now() - readAt >= day - hour) {
        known = idsOf(await replicas[(step + 1) % 3]!.published(reference));
        readAt = clock.now();
      }
      for (const one of replicas) {
        const { keyId } = await one.signingKey(reference);
        signers.add(keyId!);
        expect(known).toContain(keyId);
      }
      // One of the three ends, at another place of the rotation each time, and a new one takes its place.
      if (step % 4 === 0) replicas = [...replicas.filter((one) => one !== replaced), replica()];
      clock.advance(7 * hour);
      step += 1;
    }
    expect(new Set(announced).size).toBe(announced.length);
    expect(announced.length).toBeLessThanOrEqual(52);
  });

  it('are signed with while the store is down, and rotated when it is back', async () => {
    const { clock, store, replica } = scene();
    const one = replica();
    const { keyId } = await one.signingKey(reference);
    store.isDown = true;
    clock.advance(40 * day);

    expect(await one.signingKey(reference)).toMatchObject({ keyId });
    expect(idsOf(await one.published(reference))).toEqual([keyId]);
    await expect(replica().signingKey(reference)).rejects.toMatchObject({ reason: 'credential_unavailable' });

    store.isDown = false;
    clock.advance(hour);
    await one.rotateDue([reference]);
    expect(await one.published(reference)).toHaveLength(2);
    expect(await one.signingKey(reference)).toMatchObject({ keyId });
  });

  it('are given back to a store that has forgotten them', async () => {
    const { clock, store, replica } = scene();
    const one = replica();
    const { keyId } = await one.signingKey(reference);
    store.kept.clear();
    clock.advance(hour);
    await one.rotateDue([reference]);

    expect(await replica().signingKey(reference)).toMatchObject({ keyId });
  });

  it('replace former ones that are put back into the store', async () => {
    const { clock, store, replica } = scene();
    const one = replica();
    await one.rotateDue([reference]);
    const former = store.kept.get(reference.id)!.text;
    clock.advance(30 * day);
    await one.rotateDue([reference]);
    const published = idsOf(await one.published(reference));
    expect(published).toHaveLength(2);

    store.kept.set(reference.id, { text: former, revision: randomBytes(8) });
    clock.advance(hour);
    await one.rotateDue([reference]);

    expect(idsOf(await one.published(reference))).toEqual(published);
    expect(idsOf(await replica().published(reference))).toEqual(published);
  });

  it('say when the next one is announced', async () => {
    const { clock, replica } = scene();
    const one = replica();
    expect(one.nextRotation(reference)).toBeUndefined();
    await one.rotateDue([reference]);
    const at = clock.wallTime() + 29 * day;
    expect(one.nextRotation(reference)).toBe(at);
    clock.advance(29 * day);
    await one.rotateDue([reference]);
    expect(one.nextRotation(reference)).toBe(at + 30 * day);
  });

  it('are replaced after an announcement when another algorithm is set', async () => {
    const { clock, replica } = scene();
    const one = replica();
    const { keyId } = await one.signingKey(reference);
    const changed = { ...reference, algorithm: 'EdDSA' } as const;
    await one.rotateDue([changed]);

    expect(await one.signingKey(changed)).toMatchObject({ keyId, algorithm: 'ES256' });
    clock.advance(day);
    expect(await one.signingKey(changed)).toMatchObject({ algorithm: 'EdDSA' });
  });
});
