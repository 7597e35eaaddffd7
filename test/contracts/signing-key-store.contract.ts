import { describe, expect, it } from 'vitest';
import type { SigningKeyStore } from '#tokens/ports/signing-key-store.js';

/** What every store of signing keys promises. `another` is the same one as another replica sees it. */
export function describeSigningKeyStore(
  name: string,
  make: () => Promise<{ store: SigningKeyStore; another: SigningKeyStore }>,
): void {
  describe(`${name}, a store of signing keys,`, () => {
    it('has none at first, and then what was put there', async () => {
      const { store, another } = await make();

      expect(await store.read('one')).toBeUndefined();
      expect(await store.replace('one', undefined, 'first')).toBe(true);

      expect(await another.read('one')).toMatchObject({ text: 'first' });
      expect(await another.read('two')).toBeUndefined();
    });

    it('replaces only what was read', async () => {
      const { store, another } = await make();
      await store.replace('one', undefined, 'first');
      const read = (await store.read('one'))!.revision;

      expect(await another.replace('one', read, 'second')).toBe(true);
      expect(await store.replace('one', read, 'third')).toBe(false);
      expect(await store.replace('one', undefined, 'third')).toBe(false);

      expect(await store.read('one')).toMatchObject({ text: 'second' });
    });

    it('lets one of many replace the same', async () => {
      const { store, another } = await make();
      await store.replace('one', undefined, 'first');
      const read = (await store.read('one'))!.revision;

      const attempts = Array.from({ length: 10 }, (_, n) =>
        (n % 2 === 0 ? store : another).replace('one', read, `next ${n}`),
      );
      const winner = (await Promise.all(attempts)).indexOf(true);

      expect((await Promise.all(attempts)).filter((isOurs) => isOurs)).toHaveLength(1);
      expect(await another.read('one')).toMatchObject({ text: `next ${winner}` });
    });
  });
}
