import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { runningScene, type Scene } from '#test/running.js';

const atEnd = atEndOfAll();
let scene: Scene;

beforeAll(async () => {
  const scopes = ['api:partner', 'create:orders', 'role:finance-reporting'];
  scene = await runningScene({ scopes, resources: ['https://api.example'] }, {}, atEnd);
});

interface Sent {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

const get = (path: string, headers: Record<string, string> = {}): Sent => ({ path, headers });
const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const rejected = (body: string, headers: Record<string, string> = json): Sent => ({
  method: 'POST',
  path: '/token/rejected',
  headers,
  body,
});
const oauth = (body: string, headers: Record<string, string> = form): Sent => ({
  method: 'POST',
  path: '/oauth2/token',
  headers: { authorization: '', ...headers },
  body,
});
const basic = (pair: string) => ({ ...form, authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const grant = 'grant_type=client_credentials';

/** What is sent, and what of the answer says what is wrong and what is allowed. */
const mistakes: [mistake: string, sent: Sent, status: number, words: RegExp][] = [
  [
    'no credential',
    get('/token', { authorization: '' }),
    401,
    /authenticate with the header Authorization: Bearer <API key or workload JWT>/,
  ],
  ['the key without its scheme', get('/token', { authorization: 'tbk_x' }), 401, /Authorization: Bearer/],
  [
    'Basic where Bearer is needed',
    get('/token', { authorization: 'Basic YTpi' }),
    401,
    /Authorization: Bearer/,
  ],
  [
    'a wrong key',
    get('/token', { authorization: 'Bearer tbk_wrong' }),
    401,
    /belongs to no consumer in the settings of the broker; check it/,
  ],
  [
    'a JWT of no known issuer',
    get('/token', { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.x' }),
    401,
    /JWT|issuer/,
  ],
  [
    'the key in the URL',
    get('/token?access_token=tbk_x'),
    400,
    /unknown parameter; the known ones are client, scopes, scope, resource, authorization_details, min_ttl/,
  ],
  [
    'a parameter in capitals',
    get('/token?SCOPES=api:partner'),
    400,
    /unknown parameter.*did you mean scopes\?/,
  ],
  ['a misspelt parameter', get('/token?ressource=https://api.example'), 400, /did you mean resource\?/],
  ['a dash for an underscore', get('/token?min-ttl=60'), 400, /did you mean min_ttl\?/],
  ['a parameter of RFC 6749', get('/token?client_id=rabot'), 400, /unknown parameter; the known ones are/],
  ['a client twice', get('/token?client=rabot&client=rabot'), 400, /client must be given once/],
  ['a client of odd characters', get('/token?client=ra%20bot'), 400, /client must be the name of a client/],
  ['an empty scope', get('/token?scopes='), 400, /scopes is empty; name the scopes, or omit the parameter/],
  ['a scope in quotes', get('/token?scopes=%22api:partner%22'), 400, /scope/],
  [
    'scopes separated by commas',
    get('/token?scopes=api:partner,create:orders'),
    403,
    /^order-service may not have the scope api:partner,create:orders of the client rabot; it may have api:partner, create:orders of the client rabot/,
  ],
  [
    'a misspelt scope',
    get('/token?scopes=create:order'),
    403,
    /^order-service may not have the scope create:order .* did you mean create:orders\?/,
  ],
  ['a scope in capitals', get('/token?scopes=API:partner'), 403, /did you mean api:partner\?/],
  [
    'a scope of the client that is not allowed',
    get('/token?scopes=role:finance-reporting'),
    403,
    /it may have api:partner, create:orders of the client rabot; to get more, have its allow list/,
  ],
  [
    'an unknown client',
    get('/token?client=robot'),
    403,
    /^order-service may not have any scope of the client robot; it may have api:partner, create:orders of the client rabot; did you mean rabot\?/,
  ],
  [
    'a resource that is not allowed',
    get('/token?resource=https://api.exemple'),
    403,
    /may not have the resource https:\/\/api.exemple .* it may have https:\/\/api.example of the client rabot; did you mean/,
  ],
  [
    'a resource that is no URI',
    get('/token?resource=api'),
    400,
    /resource must be an absolute URI without fragment/,
  ],
  ['a resource with a fragment', get('/token?resource=https://api.example/%23a'), 400, /without fragment/],
  ['min_ttl with a unit', get('/token?min_ttl=60s'), 400, /min_ttl must be a whole number of seconds/],
  ['min_ttl beyond what is possible', get('/token?min_ttl=9000'), 400, /min_ttl/],
  ['a percent sign that is no escape', get('/token?scopes=100%'), 400, /percent-encoded/],
  [
    'POST for GET',
    { method: 'POST', path: '/token', headers: json, body: '{}' },
    405,
    /POST is not allowed for this path; use GET/,
  ],
  ['GET for POST', get('/token/rejected'), 405, /GET is not allowed for this path; use POST/],
  [
    'a path of the other port',
    get('/metrics'),
    404,
    /GET \/token is on the consumers' port, \/readyz and \/metrics are on the management port/,
  ],
  ['a slash too many', get('/token/'), 404, /nothing at this path/],
  ['a report that is no JSON', rejected('access_token_sha256=ab', form), 400, /application\/json/],
  ['a report of broken JSON', rejected('{'), 400, /not JSON/],
  [
    'a report with the token itself',
    rejected('{"access_token":"x"}'),
    400,
    /unknown parameter; the known ones are .*access_token_sha256/,
  ],
  [
    'a report without the hash',
    rejected('{}'),
    400,
    /access_token_sha256 must be the SHA-256 of the rejected token/,
  ],
  [
    'no grant type',
    oauth('scope=api:partner', basic('order-service:KEY')),
    400,
    /grant_type is missing; send client_credentials/,
  ],
  [
    'another grant type',
    oauth('grant_type=password', basic('order-service:KEY')),
    400,
    /grant_type must be client_credentials/,
  ],
  [
    'JSON for a form',
    oauth('{}', { ...basic('order-service:KEY'), ...json }),
    400,
    /application\/x-www-form-urlencoded/,
  ],
  ['an OAuth client without secret', oauth(`${grant}&client_id=order-service`), 401, /client_secret/],
  [
    'two ways to authenticate',
    oauth(`${grant}&client_id=a&client_secret=b`, basic('order-service:KEY')),
    400,
    /one way only/,
  ],
];

describe('a typical mistake in a request', () => {
  it.each(mistakes)('%s is answered by what is wrong and what is allowed', async (_, sent, status, words) => {
    const { broker, key } = scene;
    const own = { authorization: `Bearer ${key}`, ...sent.headers };
    const headers = Object.fromEntries(
      Object.entries(own)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, withKey(value, key)]),
    );
    const { method = 'GET', path, body } = sent;
    const response = await fetch(`${broker.consumers}${path}`, { method, headers, ...(body && { body }) });
    const { error_description: description } = (await response.json()) as { error_description: string };
    expect({ status: response.status, description }).toEqual({
      status,
      description: expect.stringMatching(words),
    });
  });
});

/** The pair of Basic is in base64. */
function withKey(value: string, key: string): string {
  const [, pair] = /^Basic (.*)$/.exec(value) ?? [];
  const text = Buffer.from(pair ?? '', 'base64').toString();
  return text.endsWith(':KEY') ? `Basic ${Buffer.from(text.replace('KEY', key)).toString('base64')}` : value;
}
