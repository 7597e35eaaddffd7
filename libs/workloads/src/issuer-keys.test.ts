import {
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  type CryptoKey,
  type JWK,
  type LocalJWKSet,
} from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { IssuerKeys } from './issuer-keys.js';

const minutes = 60_000;
const hours = 60 * minutes;

let jwk: JWK;

beforeAll(async () => {
  jwk = await exportJWK((await generateKeyPair('ES256')).publicKey);
});

/** An issuer without a network: what it publishes, and how often it was asked. */
class PublishedKeys {
  readonly clock = new FakeClock();
  readonly failures: unknown[] = [];
  fetches = 0;
  kids = ['first'];
  fault: Error | undefined;
  /** Whether it never answers. */
  silent = false;
  readonly keys = new IssuerKeys(
    () => this.#fetch(),
    this.clock,
    (cause) => this.failures.push(cause),
  );

  find(kid: string): Promise<CryptoKey> {
    return this.keys.find({ alg: 'ES256', kid }, { payload: '', signature: '' });
  }

  async #fetch(): Promise<LocalJWKSet> {
    this.fetches += 1;
    await turn();
    if (this.silent) return new Promise(() => {});
    if (this.fault !== undefined) throw this.fault;
    return createLocalJWKSet({ keys: this.kids.map((kid) => ({ ...jwk, kid })) });
  }
}

/** One turn of the event loop: what the fake issuer takes to answer. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets background work finish. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

const noSuchKey = { code: 'ERR_JWKS_NO_MATCHING_KEY' };
const unavailable = { code: 'temporarily_unavailable' };

describe('the keys of an issuer', () => {
  it('are fetched once for all who ask at first', async () => {
    const issuer = new PublishedKeys();
    await Promise.all(Array.from({ length: 100 }, () => issuer.find('first')));
    expect(issuer.fetches).toBe(1);
  });

  it('are fetched again for an unknown key, once for all who name it', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.kids = ['second'];
    issuer.clock.advance(30_000);
    await Promise.all(Array.from({ length: 100 }, () => issuer.find('second')));
    expect(issuer.fetches).toBe(2);
  });

  it('are not fetched for an unknown key within 30 seconds of the last fetch', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.clock.advance(29_999);
    for (let n = 0; n < 100; n += 1) {
      await expect(issuer.find(`junk-${n}`)).rejects.toMatchObject(noSuchKey);
    }
    expect(issuer.fetches).toBe(1);
  });

  it('are fetched no more than every 5 seconds for unknown keys while the issuer is down', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.fault = new Error('down');
    issuer.clock.advance(30_000);
    for (let n = 0; n < 100; n += 1) {
      await expect(issuer.find(`junk-${n}`)).rejects.toMatchObject(unavailable);
      issuer.clock.advance(100);
    }
    expect(issuer.fetches).toBe(3);
  });

  it('are still used when an unknown key could not be looked up', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.fault = new Error('down');
    issuer.clock.advance(30_000);
    await expect(issuer.find('junk')).rejects.toMatchObject(unavailable);
    await expect(issuer.find('first')).resolves.toBeDefined();
  });

  it('are fetched anew from 10 minutes on, before one of them is used that may have been withdrawn', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.kids = ['second'];
    issuer.clock.advance(10 * minutes - 1);
    await issuer.find('first');
    expect(issuer.fetches).toBe(1);
    issuer.clock.advance(1);
    const withdrawn = [issuer.find('first'), issuer.find('first')];
    for (const found of withdrawn) await expect(found).rejects.toMatchObject(noSuchKey);
    expect(issuer.fetches).toBe(2);
    await expect(issuer.find('second')).resolves.toBeDefined();
  });

  it('are trusted for the rest of their 10 minutes, and for 30 seconds at a time while the issuer is down', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    expect(issuer.keys.trustedFor).toBe(10 * minutes);
    issuer.clock.advance(9 * minutes);
    expect(issuer.keys.trustedFor).toBe(1 * minutes);
    issuer.fault = new Error('down');
    issuer.clock.advance(1 * hours);
    await issuer.find('first');
    expect(issuer.keys.trustedFor).toBe(30_000);
  });

  it('are waited for once only while the issuer is silent', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.fault = new Error('timeout');
    issuer.clock.advance(10 * minutes);
    await issuer.find('first');
    issuer.silent = true;
    issuer.clock.advance(5_000);
    await expect(issuer.find('first')).resolves.toBeDefined();
    expect(issuer.fetches).toBe(3);
  });

  it('are used for 24 hours when they cannot be refreshed, each failure being reported, and then no longer', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.fault = new Error('down');
    for (let n = 1; n <= 23; n += 1) {
      issuer.clock.advance(hours);
      await expect(issuer.find('first')).resolves.toBeDefined();
      await settled();
      expect(issuer.failures).toHaveLength(n);
    }
    issuer.clock.advance(hours);
    await expect(issuer.find('first')).rejects.toMatchObject({ ...unavailable, cause: issuer.fault });
    expect(issuer.failures.every((cause) => cause === issuer.fault)).toBe(true);
    expect(issuer.failures).toHaveLength(24);
  });

  it('are asked for no more than every 5 seconds in the background too', async () => {
    const issuer = new PublishedKeys();
    await issuer.find('first');
    issuer.fault = new Error('down');
    issuer.clock.advance(10 * minutes);
    for (let n = 0; n < 50; n += 1) {
      await issuer.find('first');
      await settled();
      issuer.clock.advance(100);
    }
    expect(issuer.failures).toHaveLength(1);
  });

  it('are missing at first when the issuer is down, and fetched 5 seconds later when it is up again', async () => {
    const issuer = new PublishedKeys();
    issuer.fault = new Error('down');
    await expect(issuer.find('first')).rejects.toMatchObject({ ...unavailable, retryAfter: 5_000 });
    issuer.fault = undefined;
    issuer.clock.advance(4_000);
    await expect(issuer.find('first')).rejects.toMatchObject({ ...unavailable, retryAfter: 1_000 });
    expect(issuer.fetches).toBe(1);
    issuer.clock.advance(1_000);
    await expect(issuer.find('first')).resolves.toBeDefined();
  });

  it('fail as the library does when there is none of that name', async () => {
    await expect(new PublishedKeys().find('junk')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
  });
});
