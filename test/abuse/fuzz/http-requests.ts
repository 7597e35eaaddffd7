import { fc } from '#test/property.js';
import { mutated } from './mutation.js';

/** Stands in each request where a careless caller would put a secret. */
export const canary = 'not-a-real-canary';

/** A request whose end is where it says, so that another one may follow at once. */
export interface FramedRequest {
  method: string;
  target: string;
  /** Value of the header `Authorization`, if there is one. */
  credential: string | undefined;
  contentType: string;
  body: Buffer;
}

/** Where a request goes, and what one there looks like that is right. */
interface Endpoint {
  methods: readonly string[];
  targets: readonly string[];
  contentType?: string;
  bodies?: readonly string[];
}

const sha256 = 'ab'.repeat(32);
const form = `grant_type=client_credentials&scope=api%3Apartner&client_id=order-service&resource=${canary}`;

export const forConsumers: readonly Endpoint[] = [
  {
    methods: ['GET'],
    targets: [
      '/token',
      `/token?client=rabot&scopes=api:partner+create:orders&min_ttl=5`,
      `/token?resource=https://${canary}/`,
    ],
  },
  {
    methods: ['POST'],
    targets: ['/token/rejected'],
    contentType: 'application/json',
    bodies: [
      JSON.stringify({ client: 'rabot', scopes: ['api:partner'], access_token_sha256: sha256 }),
      JSON.stringify({ scopes: 'api:partner', resource: canary, min_ttl: 5, access_token_sha256: canary }),
    ],
  },
  {
    methods: ['GET', 'POST', 'HEAD', 'DELETE'],
    targets: [
      `/forward-auth?scopes=api:partner&access_token_sha256=${sha256}`,
      `/forward-auth/rabot/api:partner%20create:orders/${canary}/../x?y=1`,
    ],
  },
  {
    methods: ['POST'],
    targets: ['/oauth2/token', '/oauth2/rabot/token', `/oauth2/${canary}/token`],
    contentType: 'application/x-www-form-urlencoded',
    bodies: [
      form,
      `${form}&client_secret=${canary}`,
      `client_assertion=${canary}&client_assertion_type=urn:x&${form}`,
    ],
  },
  {
    methods: ['GET'],
    targets: [
      '/.well-known/oauth-authorization-server',
      `/.well-known/oauth-authorization-server/oauth2/${canary}`,
    ],
  },
];

export const forOperators: readonly Endpoint[] = [
  {
    methods: ['GET', 'HEAD'],
    targets: ['/livez', '/readyz', '/metrics', '/', '/openapi.json', '/docs', '/docs/static/index.html'],
  },
  {
    methods: ['GET'],
    targets: ['/api/tokens', '/api/tokens?limit=10', `/api/tokens?after=${canary}&client=rabot`],
  },
  {
    methods: ['POST'],
    targets: ['/api/tokens/renew'],
    contentType: 'application/json',
    bodies: [
      JSON.stringify({ client: 'rabot', scopes: ['api:partner'], resources: [] }),
      JSON.stringify({ client: canary, scopes: [canary], resources: [canary] }),
    ],
  },
];

/** Node.js takes no more than this for the first line and the headers together. */
const longestTarget = 12_000;

function sometimes<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 1, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

/** Requests to one of these, with an edited target, credential, type or body, or several of them. @param credentials right ones, and wrong ones */
export function framedRequests(
  endpoints: readonly Endpoint[],
  credentials: readonly (string | undefined)[],
): fc.Arbitrary<FramedRequest> {
  const shown = credentials.map((one = '') => one);
  const credential = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...credentials) },
    { weight: 1, arbitrary: mutated(shown).map(inHeader) },
  );
  const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
  return fc.oneof(
    ...endpoints.map(({ methods, targets, contentType = '', bodies = [''] }) =>
      fc.record({
        method: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...methods) },
          { weight: 1, arbitrary: fc.constantFrom(...others) },
        ),
        target: sometimes(fc.constantFrom(...targets), mutated(targets).map(inTarget)),
        credential,
        contentType: sometimes(
          fc.constant(contentType),
          mutated([`${contentType}; charset=utf-8`]).map(inHeader),
        ),
        body: sometimes(
          fc.constantFrom(...bodies).map((text) => Buffer.from(text)),
          mutated(bodies),
        ),
      }),
    ),
  );
}

export function bytesOf({ method, target, credential, contentType, body }: FramedRequest): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: broker.example', `X-Secret: ${canary}`];
  if (credential !== undefined) lines.push(`Authorization: ${credential}`);
  if (contentType !== '') lines.push(`Content-Type: ${contentType}`);
  if (body.length > 0 || method === 'POST') lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

function inTarget(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll(/[^\x21-\x7e]/g, (one) => encodeURIComponent(one));
  return (text.startsWith('/') ? text : `/${text}`).slice(0, longestTarget);
}

function inHeader(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .slice(0, 2_000);
}
