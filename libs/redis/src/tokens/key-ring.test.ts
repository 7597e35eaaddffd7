import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { type EncryptionKey, KeyRing } from './key-ring.js';

const someKey = (id: string, bytes = randomBytes(32)): EncryptionKey => ({
  id,
  key: new Secret(bytes.toString('base64')),
});

const [one, two] = [someKey('2026-11'), someKey('2026-12')];
const ring = new KeyRing([one]);
const plain = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const flip = (bytes: Buffer, bit: number) => {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
};

describe('KeyRing', () => {
  it('opens what it has sealed, for the same place only', () => {
    fc.assert(
      fc.property(plain, fc.string(), fc.string(), (text, place, elsewhere) => {
        const sealed = ring.seal(text, place);
        expect(ring.open(sealed, place)).toEqual(text);
        expect(ring.open(sealed, elsewhere)).toEqual(place === elsewhere ? text : undefined);
      }),
    );
  });

  it('opens nothing that was changed at any bit, cut off anywhere or made longer', () => {
    const sealed = ring.seal('not-a-real-token', 'place');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      expect(ring.open(flip(sealed, bit), 'place')).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(ring.open(sealed.subarray(0, length), 'place')).toBeUndefined();
    }
    expect(ring.open(Buffer.concat([sealed, Buffer.of(0)]), 'place')).toBeUndefined();
  });

  it('opens nothing under a key id that was changed, even when the key behind it is the same', () => {
    const bytes = randomBytes(32);
    const twins = new KeyRing([someKey('a', bytes), someKey('c', bytes)]);
    const sealed = twins.seal('not-a-real-token', 'place');
    sealed[2] = 'c'.charCodeAt(0);
    expect(twins.open(sealed, 'place')).toBeUndefined();
  });

  it('throws for no junk', () => {
    fc.assert(
      fc.property(plain, fc.boolean(), (junk, likeOurs) => {
        const bytes = likeOurs ? Buffer.concat([ring.seal('', '').subarray(0, 9), junk]) : junk;
        expect(ring.open(bytes, 'place')).toBeUndefined();
      }),
    );
  });

  it('rotates: an old key opens while it is in the ring, and no longer', () => {
    const rotated = new KeyRing([one]);
    const old = rotated.seal('not-a-real-token', 'place');
    rotated.replace([two, one]);
    const fresh = rotated.seal('not-a-real-token', 'place');
    expect(rotated.open(old, 'place')?.toString()).toBe('not-a-real-token');
    expect(rotated.open(fresh, 'place')?.toString()).toBe('not-a-real-token');
    expect(ring.open(fresh, 'place')).toBeUndefined();
    rotated.replace([two]);
    expect(rotated.open(old, 'place')).toBeUndefined();
    expect(rotated.open(fresh, 'place')?.toString()).toBe('not-a-real-token');
  });

  it('opens nothing sealed by another key of the same id', () => {
    const impostor = new KeyRing([someKey(one.id)]);
    expect(ring.open(impostor.seal('not-a-real-token', 'place'), 'place')).toBeUndefined();
  });

  it('never seals the same text alike', () => {
    expect(ring.seal('same', 'place')).not.toEqual(ring.seal('same', 'place'));
  });

  it.each([
    ['no key', []],
    ['a key that is too short', [someKey('short', randomBytes(16))]],
    ['an empty id', [someKey('')]],
    ['an id that does not fit', [someKey('x'.repeat(256))]],
    ['two keys of one id', [someKey('twice'), someKey('twice')]],
  ])('refuses %s, keeps the keys it has, and prints no key', (_, keys) => {
    const kept = new KeyRing([one]);
    expect(() => kept.replace(keys)).toThrow(RangeError);
    expect(kept.open(kept.seal('text', 'place'), 'place')?.toString()).toBe('text');
    expect(inspect(kept, { depth: null, showHidden: true })).not.toContain(one.key.reveal());
  });
});
