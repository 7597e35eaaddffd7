import { beforeEach, describe, expect, it } from 'vitest';
import { newApiKey } from '#consumers/api-key.js';
import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { parseCredential } from '#consumers/credential.js';
import { Secret } from '#tokens/model/secret.js';
import { FakeClock } from '#test/fake-clock.js';
import { KnownConsumers } from './known-consumers.js';

const { key, hash } = newApiKey();
const byKey = `Bearer ${key.reveal()}`;
const jwt = `header.not-a-real-jwt.${'s'.repeat(43)}`;
const byJwt = `Bearer ${jwt}`;
const [orders, report] = [new Consumer('order-service', []), new Consumer('finance-report', [])];
const workload = { issuer: 'cluster', subject: 'report' };

let clock: FakeClock;
let verified: number;
let consumers: KnownConsumers;

beforeEach(() => {
  clock = new FakeClock();
  verified = 0;
  consumers = someConsumers();
});

/** Two consumers, one of whom has a JWT that is verified for a minute. */
function someConsumers(): KnownConsumers {
  const verifiedUntil = clock.wallTime() + 60_000;
  const directory = new ConsumerDirectory([
    { consumer: orders, keys: [{ hash }] },
    { consumer: report, keys: [], workload },
  ]);
  const verify = async () => (verified++, { ...workload, claims: {}, verifiedUntil });
  return new KnownConsumers(directory, { verify }, clock);
}

describe('a header that has been verified', () => {
  it('identifies its consumer again', async () => {
    for (const header of [byKey, byJwt]) {
      expect(consumers.known(header)).toBeUndefined();
      const credential = await consumers.identify(parseCredential(header));
      expect(consumers.known(header)).toBe(credential);
    }
  });

  it('is not another one that ends alike', async () => {
    await consumers.identify(parseCredential(byJwt));
    for (const header of [`bearer${byJwt.slice(6)}`, byJwt.slice(-40), `${byJwt} `, jwt, undefined]) {
      expect(consumers.known(header)).toBeUndefined();
    }
  });

  it('is forgotten when the JWT in it has to be verified anew', async () => {
    await consumers.identify(parseCredential(byJwt));
    clock.advance(59_999);
    expect(consumers.known(byJwt)?.consumer).toBe(report);
    clock.advance(1);
    expect(consumers.known(byJwt)).toBeUndefined();
  });

  it('is unknown to the next version of the settings', async () => {
    await consumers.identify(parseCredential(byKey));
    expect(someConsumers().known(byKey)).toBeUndefined();
  });
});

describe('a credential from a form', () => {
  const assertion = { kind: 'workload_jwt', jwt: new Secret(jwt) } as const;

  it('is verified once until it has to be verified anew', async () => {
    for (let n = 0; n < 3; n++) expect((await consumers.identify(assertion)).consumer).toBe(report);
    expect(verified).toBe(1);
    clock.advance(60_000);
    await consumers.identify(assertion);
    expect(verified).toBe(2);
  });

  it('makes no header known, nor another kind of credential', async () => {
    await consumers.identify(assertion);
    await consumers.identify({ kind: 'api_key', key, name: 'order-service' });
    for (const header of [byKey, key.reveal(), byJwt, jwt]) expect(consumers.known(header)).toBeUndefined();
    const asKey = { kind: 'api_key', key: new Secret(jwt) } as const;
    await expect(consumers.identify(asKey)).rejects.toThrow('belongs to no consumer');
  });

  it('needs the name of its consumer each time, if any', async () => {
    await consumers.identify({ ...assertion, name: 'finance-report' });
    const wrong = { ...assertion, name: 'order-service' };
    await expect(consumers.identify(wrong)).rejects.toThrow('belongs to no consumer');
  });

  it('has both names in the log when they are not the same', async () => {
    const refused = consumers.identify({ ...assertion, name: 'order-service' });
    await expect(refused).rejects.toHaveProperty(
      'cause.message',
      'the credential is that of consumer finance-report, and client_id names "order-service"',
    );
  });
});

describe('nothing is cached', () => {
  it('of a header that is refused', async () => {
    const header = `Bearer ${newApiKey().key.reveal()}`;
    await expect(consumers.identify(parseCredential(header))).rejects.toThrow('belongs to no consumer');
    expect(consumers.known(header)).toBeUndefined();
  });

  it('of a right key under a wrong name', async () => {
    const credential = { ...parseCredential(byKey), name: 'finance-report' };
    await expect(consumers.identify(credential)).rejects.toThrow('belongs to no consumer');
    expect(consumers.known(byKey)).toBeUndefined();
  });
});
