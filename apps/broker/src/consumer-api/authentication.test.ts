import { beforeEach, describe, expect, it } from 'vitest';
import { newApiKey } from '#consumers/api-key.js';
import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { parseCredential } from '#consumers/credential.js';
import type { WorkloadVerifier } from '#workloads/workload-verifier.js';
import { FakeClock } from '#test/fake-clock.js';
import { Authentication, type KnownConsumers } from './authentication.js';

const { key, hash } = newApiKey();
const byKey = `Bearer ${key.reveal()}`;
const byJwt = `Bearer header.not-a-real-jwt.${'s'.repeat(43)}`;
const [orders, report] = [new Consumer('order-service', []), new Consumer('finance-report', [])];
const workload = { issuer: 'cluster', subject: 'report' };

let clock: FakeClock;
let known: KnownConsumers;
let authentication: Authentication;

beforeEach(() => {
  clock = new FakeClock();
  known = someConsumers();
  authentication = new Authentication(() => known, clock);
});

/** Two consumers, one of whom has a JWT that lives for a minute. */
function someConsumers(): KnownConsumers {
  const expiresAt = clock.wallTime() + 60_000;
  const directory = new ConsumerDirectory([
    { consumer: orders, keyHashes: [hash] },
    { consumer: report, keyHashes: [], workload },
  ]);
  const workloads = { remembered: () => undefined, verify: async () => ({ ...workload, expiresAt }) };
  return { directory, workloads: workloads as unknown as WorkloadVerifier };
}

describe('a header that has been found good', () => {
  it('is enough to know its consumer again', async () => {
    for (const header of [byKey, byJwt]) {
      expect(authentication.recall(header)).toBeUndefined();
      const consumer = await authentication.consumer(parseCredential(header));
      expect(authentication.recall(header)).toBe(consumer);
    }
  });

  it('is not another one that ends alike', async () => {
    await authentication.consumer(parseCredential(byJwt));
    for (const header of [`bearer${byJwt.slice(6)}`, byJwt.slice(-40), `${byJwt} `, undefined]) {
      expect(authentication.recall(header)).toBeUndefined();
    }
  });

  it('is forgotten when the JWT in it expires', async () => {
    await authentication.consumer(parseCredential(byJwt));
    clock.advance(59_999);
    expect(authentication.recall(byJwt)).toBe(report);
    clock.advance(1);
    expect(authentication.recall(byJwt)).toBeUndefined();
  });

  it('is forgotten when the settings change, also when it was being looked at meanwhile', async () => {
    await authentication.consumer(parseCredential(byKey));
    const verified = authentication.consumer(parseCredential(byJwt));
    known = someConsumers();
    await verified;
    for (const header of [byKey, byJwt]) expect(authentication.recall(header)).toBeUndefined();
  });
});

describe('nothing is remembered', () => {
  it('of a header that is refused', () => {
    const header = `Bearer ${newApiKey().key.reveal()}`;
    expect(() => authentication.consumer(parseCredential(header))).toThrow('belongs to no consumer');
    expect(authentication.recall(header)).toBeUndefined();
  });

  it('of a credential that a header does not say all of', () => {
    authentication.consumer({ kind: 'api_key', key, name: 'order-service' });
    for (const header of [byKey, key.reveal()]) expect(authentication.recall(header)).toBeUndefined();
  });

  it('of a right key under a wrong name', () => {
    const credential = { ...parseCredential(byKey), name: 'finance-report' };
    expect(() => authentication.consumer(credential)).toThrow('belongs to no consumer');
    expect(authentication.recall(byKey)).toBeUndefined();
  });
});
