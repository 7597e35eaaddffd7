import { fc } from '#test/property.js';
import { SystemClock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { WorkloadVerifier } from '#workloads/workload-verifier.js';
import { audience, OwnIssuer } from '../../http/own-issuer.js';
import type { Fuzzed, FuzzTarget } from './fuzz-target.js';
import { must } from './must.js';
import { mutated } from './mutation.js';

const canary = 'not-a-real-canary';
const subject = 'system:serviceaccount:finance:report';

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    [],
    {},
    -1,
    0,
    1e308,
    'none',
    'HS256',
    'ES256',
    'RS256',
    'key-1',
    '../key-1',
    [audience],
    canary,
  ),
  fc.string({ unit: 'binary' }),
  // Numbers that JSON has: the signer of the test refuses others.
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue({ maxDepth: 2 }),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'alg',
    'kid',
    'typ',
    'crit',
    'b64',
    'jwk',
    'jku',
    'x5u',
    'x5c',
    'enc',
    'zip',
    'cty',
    '__proto__',
  ),
  odd,
  { maxKeys: 3 },
);
const claims = fc.dictionary(
  fc.constantFrom('iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', '__proto__', 'constructor'),
  odd,
  { maxKeys: 3 },
);

/** One JWT, and whether nothing but its issuer's signature makes it one. */
type Input = { kind: 'edited'; jwt: string } | { kind: 'signed'; claims: Record<string, unknown> };

/** Whatever a caller shows, it is a workload of the issuer's own words, or a refusal in the same words as ever. */
export const workloadJwts: FuzzTarget = {
  name: 'the verifier of workload JWTs',
  inputs: 20_000,
  async fuzz(seed, inputs) {
    const issuer = await OwnIssuer.start();
    const cluster = {
      name: 'cluster',
      ...(issuer.settings as { issuer: string; audience: string; jwksUri: string }),
    };
    const verifier = new WorkloadVerifier([cluster], new SystemClock());
    try {
      return await fuzzed(issuer, verifier, seed, inputs);
    } finally {
      await verifier.close();
      await issuer.stop();
    }
  },
};

async function fuzzed(
  issuer: OwnIssuer,
  verifier: WorkloadVerifier,
  seed: number,
  inputs: number,
): Promise<Fuzzed> {
  const good = await issuer.jwt(subject, { [canary]: canary });
  const [head = '', body = '', signature = ''] = good.split('.');
  const [header, payload] = [head, body].map(
    (part) => JSON.parse(String(Buffer.from(part, 'base64url'))) as object,
  );
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const edited = fc.oneof(
    mutated([good]).map(String),
    mutated([JSON.stringify(header)]).map((bytes) =>
      [bytes.toString('base64url'), body, signature].join('.'),
    ),
    mutated([JSON.stringify(payload)]).map((bytes) =>
      [head, bytes.toString('base64url'), signature].join('.'),
    ),
    mutated([Buffer.from(signature, 'base64url')]).map((bytes) =>
      [head, body, bytes.toString('base64url')].join('.'),
    ),
    fc
      .tuple(headers, claims, fc.constantFrom(signature, '', 'AA'))
      .map(([more, other, end]) =>
        [part({ ...header, ...more }), part({ ...payload, ...other }), end].join('.'),
      ),
  );
  const input: fc.Arbitrary<Input> = fc.oneof(
    { weight: 9, arbitrary: edited.map((jwt) => ({ kind: 'edited', jwt }) as const) },
    { weight: 1, arbitrary: claims.map((other) => ({ kind: 'signed', claims: other }) as const) },
  );
  const counts = { inputs: 0, accepted: 0 };
  const verified = async (one: Input) => {
    counts.inputs++;
    const jwt = one.kind === 'edited' ? one.jwt : await issuer.jwt(subject, one.claims);
    const workload = await verify(verifier, jwt);
    if (workload === undefined) return;
    counts.accepted++;
    must(one.kind === 'signed' || isSame(jwt, good), 'only the issuer makes a workload');
    must(typeof workload.subject === 'string' && workload.subject !== '', 'a workload has a name');
    must(workload.verifiedUntil > Date.now() - 20_000, 'a workload has not expired');
    must(workload.verifiedUntil < Date.now() + 660_000, 'a workload is verified anew within 10 minutes');
  };
  await fc.assert(fc.asyncProperty(input, verified), { seed, numRuns: inputs });
  return counts;
}

async function verify(verifier: WorkloadVerifier, jwt: string) {
  try {
    return await verifier.verify(new Secret(jwt));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const { code, message, cause } = failure;
    must(code === 'invalid_client', 'what is no JWT of the issuer is a wrong credential');
    must(!`${message} ${(cause as Error).message}`.includes(canary), 'no claim is told');
    return undefined;
  }
}

/** The last digit of a signature has bits that mean nothing. */
function isSame(jwt: string, good: string): boolean {
  const bytes = (text: string) => Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url');
  const signed = (text: string) => text.slice(0, text.lastIndexOf('.'));
  return signed(jwt) === signed(good) && bytes(jwt).equals(bytes(good));
}
