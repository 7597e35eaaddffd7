import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { newApiKey } from './api-key.js';
import { Consumer } from './consumer.js';
import { ConsumerDirectory } from './consumer-directory.js';

const orders = new Consumer('order-service', []);
const report = new Consumer('finance-report', []);

describe('a consumer directory', () => {
  it('finds a consumer by any of its API keys', () => {
    const [old, next] = [newApiKey(), newApiKey()];
    const directory = new ConsumerDirectory([
      { consumer: orders, keys: [old, next] },
      { consumer: report, keys: [newApiKey()] },
    ]);
    expect(directory.byApiKey(old.key)?.consumer).toBe(orders);
    expect(directory.byApiKey(next.key)?.consumer).toBe(orders);
    expect(directory.byApiKey(newApiKey().key)).toBeUndefined();
  });

  it('finds no consumer by a key that differs in its last character', () => {
    const { key, hash } = newApiKey();
    const directory = new ConsumerDirectory([{ consumer: orders, keys: [{ hash }] }]);
    const wrong = new Secret(`${key.reveal().slice(0, -1)}!`);
    expect(directory.byApiKey(wrong)).toBeUndefined();
    expect(directory.byApiKey(new Secret(key.reveal()))?.consumer).toBe(orders);
  });

  it('reads hashes in capitals too', () => {
    const { key, hash } = newApiKey();
    const directory = new ConsumerDirectory([{ consumer: orders, keys: [{ hash: hash.toUpperCase() }] }]);
    expect(directory.byApiKey(key)?.consumer).toBe(orders);
  });

  it('does not take a hash for a key', () => {
    const { hash } = newApiKey();
    const directory = new ConsumerDirectory([{ consumer: orders, keys: [{ hash }] }]);
    expect(directory.byApiKey(new Secret(hash))).toBeUndefined();
  });

  it('finds a consumer by issuer and subject together', () => {
    const directory = new ConsumerDirectory([
      { consumer: report, keys: [], workload: { issuer: 'cluster', subject: 'system:report' } },
      { consumer: orders, keys: [], workload: { issuer: 'other', subject: 'system:orders' } },
    ]);
    expect(directory.byWorkload({ issuer: 'cluster', subject: 'system:report' })?.consumer).toBe(report);
    expect(directory.byWorkload({ issuer: 'other', subject: 'system:report' })).toBeUndefined();
    expect(directory.byWorkload({ issuer: 'cluster', subject: 'system:orders' })).toBeUndefined();
  });

  it('keeps issuer and subject apart', () => {
    const directory = new ConsumerDirectory([
      { consumer: report, keys: [], workload: { issuer: 'cluster:system', subject: 'report' } },
    ]);
    expect(directory.byWorkload({ issuer: 'cluster', subject: 'system:report' })).toBeUndefined();
  });

  it('finds no consumer by a name that every object knows', () => {
    const directory = new ConsumerDirectory([
      { consumer: report, keys: [], workload: { issuer: 'cluster', subject: 'report' } },
    ]);
    expect(directory.byWorkload({ issuer: '__proto__', subject: 'constructor' })).toBeUndefined();
    expect(directory.byWorkload({ issuer: 'cluster', subject: '__proto__' })).toBeUndefined();
    expect(directory.byApiKey(new Secret('__proto__'))).toBeUndefined();
  });

  it('may hold a subject by such a name', () => {
    const directory = new ConsumerDirectory([
      { consumer: report, keys: [], workload: { issuer: '__proto__', subject: '__proto__' } },
    ]);
    expect(directory.byWorkload({ issuer: '__proto__', subject: '__proto__' })?.consumer).toBe(report);
    expect(directory.byWorkload({ issuer: 'cluster', subject: 'polluted' })).toBeUndefined();
  });

  it('refuses a key of two consumers', () => {
    const keys = [newApiKey()];
    const entries = [orders, report].map((consumer) => ({ consumer, keys }));
    expect(() => new ConsumerDirectory(entries)).toThrow(
      'order-service and finance-report share a credential',
    );
  });

  it('refuses a workload identity of two consumers', () => {
    const workload = { issuer: 'cluster', subject: 'system:report' };
    const entries = [orders, report].map((consumer) => ({ consumer, keys: [], workload }));
    expect(() => new ConsumerDirectory(entries)).toThrow(TypeError);
  });
});
