import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type GenerateKeyPairResult,
  type JWK,
  type JWTPayload,
} from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { FakeClock } from '#test/fake-clock.js';
import type { WorkloadIssuer } from './trusted-issuer.js';
import { WorkloadVerifier } from './workload-verifier.js';

const hours = 3_600_000;
const subject = 'system:serviceaccount:finance:report';

/** Serves its keys as a Kubernetes API server does: under one media type, which has to be asked for. */
class FakeIssuer {
  readonly asked: string[] = [];
  keys: JWK[] = [];
  down = false;
  /** Replaces members of the discovery document. */
  metadata: Record<string, unknown> = {};
  readonly #server = createServer((request, response) => this.#answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    if (this.down) {
      response.socket?.destroy();
    } else if (url === '/.well-known/openid-configuration') {
      const jwksUri = `${this.url}/openid/v1/jwks`;
      response.end(JSON.stringify({ issuer: this.url, jwks_uri: jwksUri, ...this.metadata }));
    } else if (!headers.accept?.includes('application/jwk-set+json')) {
      response.writeHead(406).end();
    } else {
      response.setHeader('content-type', 'application/jwk-set+json');
      response.end(JSON.stringify({ keys: this.keys }));
    }
  }
}

let first: GenerateKeyPairResult;
let second: GenerateKeyPairResult;
let issuer: FakeIssuer;
let clock: FakeClock;
let verifiers: WorkloadVerifier[];
let refreshFailures: [issuer: string, cause: unknown][];

beforeAll(async () => {
  [first, second] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
});

beforeEach(async () => {
  [issuer, clock, verifiers, refreshFailures] = [new FakeIssuer(), new FakeClock(), [], []];
  await issuer.start();
  await publish(first, 'first');
});

afterEach(async () => {
  await Promise.all(verifiers.map((verifier) => verifier.close()));
  issuer.stop();
});

async function publish({ publicKey }: GenerateKeyPairResult, kid: string): Promise<void> {
  issuer.keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }];
}

function verifierOf(settings: Partial<WorkloadIssuer> = {}, timeout?: number): WorkloadVerifier {
  const cluster = { name: 'cluster', issuer: issuer.url, audience: 'token-broker', ...settings };
  const verifier = new WorkloadVerifier([cluster], clock, {
    timeout,
    onRefreshFailure: (...failure) => refreshFailures.push(failure),
  });
  verifiers.push(verifier);
  return verifier;
}

/** Seconds since 1970, so many seconds from now. */
function inSeconds(seconds: number): number {
  return clock.wallTime() / 1_000 + seconds;
}

function claims(changed: JWTPayload = {}): JWTPayload {
  return {
    iss: issuer.url,
    aud: ['token-broker', 'other'],
    sub: subject,
    iat: inSeconds(0),
    nbf: inSeconds(0),
    exp: inSeconds(3_600),
    ...changed,
  };
}

async function signed(payload = claims(), keys = first, kid = 'first'): Promise<Secret> {
  const jwt = new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid });
  return new Secret(await jwt.sign(keys.privateKey));
}

async function failureOf(outcome: Promise<unknown>): Promise<Failure> {
  try {
    await outcome;
  } catch (failure) {
    if (failure instanceof Failure) return failure;
  }
  throw new Error('there was no Failure');
}

async function refusalOf(jwt: Secret, verifier = verifierOf()): Promise<string> {
  const { code, cause } = await failureOf(verifier.verify(jwt));
  return `${code}: ${cause instanceof Error ? cause.message : 'no cause'}`;
}

describe('a workload verifier', () => {
  it('finds issuer and subject of a good JWT, for 10 minutes', async () => {
    await expect(verifierOf().verify(await signed())).resolves.toEqual({
      issuer: 'cluster',
      subject,
      claims: claims(),
      verifiedUntil: clock.wallTime() + 600_000,
    });
  });

  it('discovers where the keys are, once', async () => {
    const verifier = verifierOf();
    await verifier.verify(await signed());
    await publish(second, 'second');
    clock.advance(30_000);
    await verifier.verify(await signed(claims(), second, 'second'));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/openid/v1/jwks', '/openid/v1/jwks']);
  });

  it('fetches the keys directly when the settings have their address', async () => {
    await verifierOf({ jwksUri: `${issuer.url}/keys` }).verify(await signed());
    expect(issuer.asked).toEqual(['/keys']);
  });

  it.each([
    ['is of another issuer', { issuer: 'https://issuer.example' }],
    ['has no jwks_uri', { jwks_uri: undefined }],
    ['leads to plain http', { jwks_uri: 'http://issuer.example/keys' }],
    ['leads nowhere', { jwks_uri: 'keys' }],
  ])('does not use a discovery document that %s', async (_, metadata) => {
    issuer.metadata = metadata;
    const { code } = await failureOf(verifierOf().verify(await signed()));
    expect(code).toBe('temporarily_unavailable');
    expect(issuer.asked).toHaveLength(1);
  });

  it.each<[string, () => JWTPayload, RegExp]>([
    ['for another audience', () => ({ aud: 'other' }), /"aud"/],
    ['of an unknown issuer', () => ({ iss: 'https://issuer.example' }), /issuer is not known/],
    ['of an issuer with one more slash', () => ({ iss: `${issuer.url}/` }), /issuer is not known/],
    ['of no issuer', () => ({ iss: undefined }), /issuer is not known/],
    ['of an issuer by a name every object has', () => ({ iss: '__proto__' }), /issuer is not known/],
    ['that has expired', () => ({ exp: inSeconds(-10) }), /"exp"/],
    ['that is not valid yet', () => ({ nbf: inSeconds(11) }), /"nbf"/],
    ['issued in the future', () => ({ iat: inSeconds(11) }), /iat/],
    ['without an expiry', () => ({ exp: undefined }), /"exp"/],
    ['without a subject', () => ({ sub: undefined }), /"sub"/],
    ['with an empty subject', () => ({ sub: '' }), /sub/],
    ['with a subject that is no string', () => ({ sub: 7 as unknown as string }), /sub/],
    ['without an audience', () => ({ aud: undefined }), /"aud"/],
  ])('refuses a JWT %s', async (_, changed, reason) => {
    const refusal = await refusalOf(await signed(claims(changed())));
    expect(refusal).toMatch(/^invalid_client: /);
    expect(refusal).toMatch(reason);
  });

  it('lets clocks differ by less than ten seconds', async () => {
    const verifier = verifierOf();
    const early = claims({ nbf: inSeconds(10), iat: inSeconds(10) });
    await expect(verifier.verify(await signed(early))).resolves.toBeDefined();
    const late = claims({ exp: inSeconds(-9) });
    await expect(verifier.verify(await signed(late))).resolves.toBeDefined();
  });

  it('refuses a JWT that another key signed', async () => {
    expect(await refusalOf(await signed(claims(), second))).toMatch(/^invalid_client: signature/);
  });

  it('refuses HS256 with the public key for a secret, and does not even fetch keys for it', async () => {
    const publicKey = new TextEncoder().encode(await exportSPKI(first.publicKey));
    const jwt = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'first' });
    expect(await refusalOf(new Secret(await jwt.sign(publicKey)))).toMatch(/^invalid_client: .*alg/);
    expect(issuer.asked).toEqual([]);
  });

  it('refuses an unsigned JWT', async () => {
    const unsecured = new UnsecuredJWT(claims()).encode();
    const [, , signature] = (await signed()).reveal().split('.');
    expect(await refusalOf(new Secret(unsecured))).toMatch(/^invalid_client: /);
    expect(await refusalOf(new Secret(unsecured + signature))).toMatch(/^invalid_client: .*alg/);
  });

  it.each(['', 'key', 'a.b.c', 'e30.e30.e30', 'a.b.c.d.e', '..'])('refuses %j', async (jwt) => {
    expect(await refusalOf(new Secret(jwt))).toMatch(/^invalid_client: /);
  });

  it.each([
    ['over 4 KiB', { filler: 'x'.repeat(4_096) }],
    ['of 12 KiB', { filler: 'x'.repeat(9_000) }],
    ['of 16 KiB, by its subject', { sub: 's'.repeat(12_000) }],
  ])('refuses a JWT %s, before its issuer is asked', async (_, changed) => {
    expect(await refusalOf(await signed(claims(changed)))).toMatch(/^invalid_client: the JWT is over 4 KiB/);
    expect(issuer.asked).toEqual([]);
  });

  it('accepts a JWT of 4,096 characters', async () => {
    const bytes = (4_096 - (await signed(claims({ filler: '' }))).reveal().length) * 0.75;
    const jwt = await signed(claims({ filler: 'x'.repeat(Math.floor(bytes)) }));
    expect(jwt.reveal().length).toBeGreaterThan(4_090);
    expect(jwt.reveal().length).toBeLessThanOrEqual(4_096);
    await expect(verifierOf().verify(jwt)).resolves.toMatchObject({ subject });
  });

  it('refuses in the same words whatever is wrong, and with nothing of the JWT in them', async () => {
    const verifier = verifierOf();
    const jwts = [
      await signed(claims({ aud: 'other' })),
      await signed(claims({ exp: inSeconds(-60) })),
      await signed(claims({ iss: 'https://issuer.example' })),
      await signed(claims(), second),
      await signed(claims(), first, 'unknown'),
      new Secret('a.b.c'),
    ];
    const failures = await Promise.all(jwts.map((jwt) => failureOf(verifier.verify(jwt))));
    const [message, ...others] = new Set(failures.map((failure) => failure.message));
    expect(others).toEqual([]);
    expect(message).toMatch(/issuer.*audience.*expired/);
    expect(inspect(failures, { depth: 9, showHidden: true })).not.toContain(subject);
  });

  it('takes no two issuers for one', () => {
    const settings = { issuer: 'https://issuer.example', audience: 'token-broker' };
    const issuers = ['one', 'other'].map((name) => ({ name, ...settings }));
    expect(() => new WorkloadVerifier(issuers, clock)).toThrow(TypeError);
  });

  it('distinguishes two issuers, even when one has a JWT of the other', async () => {
    const other = new FakeIssuer();
    await other.start();
    try {
      const names = { cluster: issuer.url, other: other.url };
      const settings = Object.entries(names).map(([name, url]) => ({
        name,
        issuer: url,
        audience: 'token-broker',
      }));
      const verifier = new WorkloadVerifier(settings, clock);
      verifiers.push(verifier);
      expect(await verifier.verify(await signed())).toMatchObject({ issuer: 'cluster' });
      expect(await refusalOf(await signed(claims({ iss: other.url })), verifier)).toMatch(
        /^invalid_client: /,
      );
    } finally {
      other.stop();
    }
  });
});

/** Signed by the first key, whatever its header and payload are. */
async function signedParts(header: object, payload: string | object = claims()): Promise<Secret> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const parts = [JSON.stringify({ alg: 'RS256', kid: 'first', ...header }), text];
  const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', first.privateKey, Buffer.from(input));
  return new Secret(`${input}.${Buffer.from(signature).toString('base64url')}`);
}

describe('a JWT that is signed by its issuer', () => {
  it.each<[string, () => Promise<Secret>]>([
    ['with an unencoded payload (b64)', () => signedParts({ b64: false, crit: ['b64'] })],
    ['with an unknown critical header', () => signedParts({ crit: ['exp'], exp: 1 })],
    ['with an empty list of critical headers', () => signedParts({ crit: [] })],
    ['within another', async () => signedParts({ cty: 'JWT' }, (await signed()).reveal())],
    ['whose claims are a list', () => signedParts({}, [claims()])],
    ['whose claims are no JSON', () => signedParts({}, '{')],
    ['whose iss is a list', () => signedParts({}, { ...claims(), iss: [issuer.url] })],
    ['whose aud names an object', () => signedParts({}, { ...claims(), aud: [{ name: 'token-broker' }] })],
    [
      'whose aud holds the name among others only',
      () => signedParts({}, { ...claims(), aud: 'token-broker other' }),
    ],
    ['whose exp is a text', () => signedParts({}, { ...claims(), exp: String(inSeconds(60)) })],
    [
      'whose exp is beyond all numbers',
      () => signedParts({}, JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999,"iat":1e999')),
    ],
    ['whose nbf is a text', () => signedParts({}, { ...claims(), nbf: '0' })],
    ['whose iat is a text', () => signedParts({}, { ...claims(), iat: '0' })],
    ['whose iat is negative', () => signedParts({}, { ...claims(), iat: -1 })],
    ['whose kid names a path', () => signedParts({ kid: '../../first' })],
    ['whose kid is an object', () => signedParts({ kid: { first: true } })],
    ['whose alg is another of its key type', () => signedParts({ alg: 'PS256' })],
    ['whose alg is of another key type', () => signedParts({ alg: 'ES256' })],
    ['whose alg is in lower case', () => signedParts({ alg: 'rs256' })],
    ['that comes twice', async () => new Secret(`${(await signed()).reveal()}.${(await signed()).reveal()}`)],
  ])('is refused %s', async (_, make) => {
    expect(await refusalOf(await make())).toMatch(/^invalid_client: /);
  });

  it('is that of the last of several claims of one name, for all checks alike (RFC 7519 section 4)', async () => {
    const twice = (name: string, one: unknown, other: unknown) =>
      JSON.stringify(claims({ [name]: other })).replace('{', `{"${name}":${JSON.stringify(one)},`);
    const verifier = verifierOf();
    const subjects = await signedParts({}, twice('sub', 'someone-else', subject));
    await expect(verifier.verify(subjects)).resolves.toMatchObject({ subject, claims: { sub: subject } });
    for (const [name, good, bad] of [
      ['aud', 'token-broker', 'other'],
      ['iss', issuer.url, 'https://issuer.example'],
      ['exp', inSeconds(60), inSeconds(-60)],
    ] as const) {
      const jwt = await signedParts({}, twice(name, good, bad));
      expect(await refusalOf(jwt, verifier)).toMatch(/^invalid_client: /);
    }
  });

  it.each<[string, JWK[]]>([
    ['a secret', [{ kty: 'oct', k: 'bm90LWEtcmVhbC1zZWNyZXQ', kid: 'first', alg: 'HS256' }]],
    ['a private key', [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB', kid: 'first', alg: 'RS256' }]],
    ['a key for encryption', [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'first', use: 'enc' }]],
    ['a key of 24 bits', [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'first', alg: 'RS256' }]],
    ['what is no key', [null, 1, 'key', {}, []] as unknown as JWK[]],
  ])('is refused when its issuer publishes %s', async (_, keys) => {
    issuer.keys = keys;
    const { code } = await failureOf(verifierOf().verify(await signed()));
    expect(['invalid_client', 'temporarily_unavailable']).toContain(code);
  });
});

describe('a refused JWT', () => {
  it('is verified anew each time', async () => {
    const verifier = verifierOf();
    const jwt = await signed(claims(), second, 'second');
    expect(await refusalOf(jwt, verifier)).toMatch(/^invalid_client: /);
    await publish(second, 'second');
    clock.advance(30_000);
    await expect(verifier.verify(jwt)).resolves.toMatchObject({ subject });
  });
});

describe('a JWT that lives for ten years', () => {
  const tenYears = 10 * 365 * 24 * 3_600;

  it('is not accepted after its issuer has withdrawn the key that signed it', async () => {
    const verifier = verifierOf();
    const jwt = await signed(claims({ exp: inSeconds(tenYears) }));
    const { verifiedUntil } = await verifier.verify(jwt);
    expect(verifiedUntil).toBe(clock.wallTime() + 600_000);
    await publish(second, 'second');
    clock.advance(600_000);
    expect(await refusalOf(jwt, verifier)).toMatch(/^invalid_client: no applicable key/);
  });

  it('is not accepted when its issuer has another key under the name of the withdrawn one', async () => {
    const verifier = verifierOf();
    const jwt = await signed(claims({ exp: inSeconds(tenYears) }));
    await verifier.verify(jwt);
    await publish(second, 'first');
    clock.advance(600_000);
    expect(await refusalOf(jwt, verifier)).toMatch(/^invalid_client: signature/);
  });

  it('is not accepted when its issuer has withdrawn all keys', async () => {
    const verifier = verifierOf();
    const jwt = await signed(claims({ exp: inSeconds(tenYears) }));
    await verifier.verify(jwt);
    issuer.keys = [];
    clock.advance(600_000);
    expect(await refusalOf(jwt, verifier)).toMatch(/^invalid_client: no applicable key/);
  });

  it('is verified anew when the keys are 10 minutes old, though they were not new when it came', async () => {
    const verifier = verifierOf();
    await verifier.verify(await signed());
    clock.advance(540_000);
    const { verifiedUntil } = await verifier.verify(await signed(claims({ exp: inSeconds(tenYears) })));
    expect(verifiedUntil).toBe(clock.wallTime() + 60_000);
  });

  it('is verified anew every 30 seconds while its issuer does not give its keys', async () => {
    const verifier = verifierOf();
    const jwt = await signed(claims({ exp: inSeconds(tenYears) }));
    await verifier.verify(jwt);
    issuer.down = true;
    clock.advance(1 * hours);
    expect((await verifier.verify(jwt)).verifiedUntil).toBe(clock.wallTime() + 30_000);
  });

  it.each<[string, () => JWTPayload]>([
    ['iat', () => ({ exp: inSeconds(tenYears), nbf: undefined })],
    ['nbf, where it has no iat', () => ({ exp: inSeconds(tenYears), iat: undefined })],
  ])('is accepted for 24 hours after its %s', async (_, changed) => {
    const verifier = verifierOf();
    const jwt = await signed(claims(changed()));
    clock.advance(24 * hours - 1_000);
    expect((await verifier.verify(jwt)).verifiedUntil).toBe(clock.wallTime() + 1_000);
    clock.advance(11_000);
    expect(await refusalOf(jwt, verifier)).toBe('invalid_client: it was issued over 24 hours ago');
  });

  it('is refused when it does not say when it was issued', async () => {
    const undated = { iat: undefined, nbf: undefined };
    const jwt = await signed(claims({ ...undated, exp: inSeconds(tenYears) }));
    expect(await refusalOf(jwt)).toMatch(/^invalid_client: exp is over 24 hours ahead/);
    const short = await signed(claims({ ...undated, exp: inSeconds(24 * 3_600) }));
    await expect(verifierOf().verify(short)).resolves.toMatchObject({ subject });
  });
});

describe('the rotation of keys', () => {
  it('lets the first JWT of a new key pass', async () => {
    const verifier = verifierOf();
    await verifier.verify(await signed());
    await publish(second, 'second');
    clock.advance(30_000);
    const jwt = await signed(claims(), second, 'second');
    await expect(verifier.verify(jwt)).resolves.toMatchObject({ subject });
  });

  it('cannot be feigned to hammer the issuer', async () => {
    const verifier = verifierOf({ jwksUri: `${issuer.url}/keys` });
    await verifier.verify(await signed());
    clock.advance(30_000);
    const junk = await Promise.all(
      Array.from({ length: 50 }, (_, n) => signed(claims(), second, `junk-${n}`)),
    );
    const refusals = await Promise.all(junk.map((jwt) => refusalOf(jwt, verifier)));
    expect(refusals.every((refusal) => refusal.startsWith('invalid_client'))).toBe(true);
    expect(issuer.asked).toHaveLength(2);
  });
});

describe('an issuer that is down', () => {
  it('makes a JWT wait that may well be good, and refuses none', async () => {
    const verifier = verifierOf();
    issuer.down = true;
    const jwt = await signed();
    expect(await failureOf(verifier.verify(jwt))).toMatchObject({
      code: 'temporarily_unavailable',
      retryAfter: 5_000,
    });
    issuer.down = false;
    clock.advance(5_000);
    await expect(verifier.verify(jwt)).resolves.toMatchObject({ subject });
  });

  it('does not matter for a day once its keys are known, and is reported', async () => {
    const verifier = verifierOf();
    await verifier.verify(await signed());
    issuer.down = true;
    clock.advance(23 * hours);
    await expect(verifier.verify(await signed())).resolves.toMatchObject({ subject });
    await vi.waitFor(() => expect(refreshFailures).toEqual([['cluster', expect.any(Error)]]));
  });

  it('is not waited for beyond the timeout', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    try {
      const jwksUri = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const { code } = await failureOf(verifierOf({ jwksUri }, 50).verify(await signed()));
      expect(code).toBe('temporarily_unavailable');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it('is one whose keys are not a key set', async () => {
    issuer.keys = 'not keys' as unknown as JWK[];
    const { code } = await failureOf(verifierOf().verify(await signed()));
    expect(code).toBe('temporarily_unavailable');
  });
});
