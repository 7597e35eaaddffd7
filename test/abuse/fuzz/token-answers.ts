import { inspect } from 'node:util';
import { fc } from '#test/property.js';
import type { HttpResponse } from '#http/http-response.js';
import { processTokenResponse } from '#oauth/response/process-token-response.js';
import { Redaction } from '#oauth/redaction.js';
import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { someContext } from '../../oauth/some-response.js';
import { corpus, received } from '../../vendors/corpus/corpus.js';
import type { FuzzTarget } from './fuzz-target.js';
import { must } from './must.js';
import { mutated } from './mutation.js';

const clientSecret = 'not&a real="secret"';
const accessToken = 'eyJhbGciOiJub25lIn0.eyJleHAiOjIsImlhdCI6MX0.planted';
const exchange = someContext({ redaction: new Redaction([clientSecret]) });
const day = 24 * 3_600_000;

const good = {
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: 3_600,
  scope: 'api:partner create:orders',
  refresh_in: 60,
};
const refused = {
  error: 'invalid_client',
  error_description: `no client has the secret ${clientSecret}`,
  error_uri: 'https://x',
};
const bodies = [
  good,
  { ...good, expires_in: '3600', scope: ['api:partner', 'create:orders'], id_token: accessToken },
  { access_token: accessToken, token_type: 'bearer' },
  refused,
  { error: 'invalid_scope', error_description: [accessToken] },
].map((body) => JSON.stringify(body));
const pages = [
  `access_token=${accessToken}&token_type=bearer`,
  `<html>${clientSecret}</html>`,
  '',
  '[]',
  '"Bearer"',
];

const ofVendors = corpus.flatMap(({ responses }) =>
  responses.map((response) => Buffer.from(received(response).body)),
);

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    clientSecret,
    encodeURIComponent(clientSecret),
    accessToken,
    'Bearer',
    '3600',
    ' 5 ',
    '1e3',
    [],
    {},
    null,
    -1,
    1e308,
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);
const names = fc.constantFrom(...Object.keys({ ...good, ...refused }), '__proto__', 'constructor', 'toJSON');
/** Right names and anything as values, twice the same name included. */
const written = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(names, odd), { maxLength: 4 }))
  .map(([fromGood, fields]) => {
    const rest = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`);
    return Buffer.from(`{${[...(fromGood ? [bodies[0]!.slice(1, -1)] : []), ...rest].join(',')}}`);
  });

const header = fc.oneof(
  fc.constantFrom(
    'application/json',
    'text/html; charset=x',
    '120',
    '-1',
    '1e9',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    '//',
    'https://auth.example/login',
  ),
  fc.constantFrom(
    `/login?secret=${encodeURIComponent(clientSecret)}`,
    `/${encodeURIComponent(clientSecret)}`,
    `/${clientSecret}`,
    `https://${accessToken}/`,
  ),
  mutated(['Wed, 21 Oct 2026 07:28:00 GMT', '120', 'http://[::1]:80/a?b#c']).map((bytes) =>
    bytes.toString('latin1'),
  ),
);
const answers: fc.Arbitrary<HttpResponse> = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 200, 200, 302, 400, 401, 403, 408, 429, 500, 503),
    fc.integer({ min: 200, max: 599 }),
  ),
  headers: fc
    .dictionary(fc.constantFrom('content-type', 'retry-after', 'date', 'location'), header, { maxKeys: 2 })
    .map((all) => ({ get: (name: string) => all[name] ?? null })),
  body: fc.oneof(
    { weight: 3, arbitrary: mutated([...bodies, ...pages]) },
    { weight: 2, arbitrary: mutated(ofVendors) },
    { weight: 2, arbitrary: written },
  ),
});

/** What comes of an answer of the authorization server is a token fit for a header, or a failure that tells no secret. */
export const tokenAnswers: FuzzTarget = {
  name: 'the judge of token answers',
  inputs: 30_000,
  async fuzz(seed, inputs) {
    const counts = { inputs: 0, accepted: 0 };
    const judged = (answer: HttpResponse) => {
      counts.inputs++;
      if (isToken(answer)) counts.accepted++;
    };
    fc.assert(fc.property(answers, judged), { seed, numRuns: inputs });
    return counts;
  },
};

function isToken(answer: HttpResponse): boolean {
  try {
    checkToken(processTokenResponse(answer, exchange));
    return true;
  } catch (failure) {
    if (!(failure instanceof UpstreamFailure)) throw failure;
    checkFailure(failure);
    return false;
  }
}

function checkToken(answer: TokenResponse): void {
  const { accessToken: token, scopes, lifetime, refreshIn = 1 } = answer;
  must(/^[\x21-\x7e]{1,65536}$/.test(token.reveal()), 'the token is fit for a header');
  must(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(String(scopes)), 'the scopes are scopes');
  must(Number.isInteger(lifetime) && lifetime >= 0 && lifetime <= day, 'it lives for a day at the most');
  must(refreshIn > 0 && refreshIn <= day, 'it is renewed within its life');
  mustBeUntold(inspect(answer));
}

function checkFailure({ message, upstreamError = '', retryAfter = 1 }: UpstreamFailure): void {
  for (const text of [message, upstreamError]) {
    must(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), 'the message prints');
    must(text.length < 2_000, 'the message is short');
  }
  must(retryAfter > 0 && retryAfter <= 3_600_000, 'it is asked again within an hour');
  mustBeUntold(`${message} ${upstreamError}`);
}

function mustBeUntold(text: string): void {
  const secrets = [clientSecret, encodeURIComponent(clientSecret), encodeURI(clientSecret), accessToken];
  must(!secrets.some((secret) => text.includes(secret)), 'no secret is told');
}
