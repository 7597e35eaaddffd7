import { describe, expect, it } from 'vitest';
import { someResponse, someContext } from '../../../../test/oauth/some-response.js';
import { someClient } from '#test/the.js';
import { Redaction } from '../redaction.js';
import { errorResponseFailure } from './error-response.js';

const now = someContext().wallTime;

function refused(status: number, body: unknown, headers: Record<string, string> = {}) {
  return errorResponseFailure(someResponse(status, body, headers), someContext());
}

describe('an error response', () => {
  it.each(['invalid_client', 'unauthorized_client'])('%s: the credential is refused', (error) => {
    expect(refused(400, { error })).toMatchObject({
      reason: 'client_refused',
      code: 'upstream_rejected',
      upstreamError: error,
    });
  });

  it.each([
    ['no body', 401, ''],
    ['HTML', 403, '<h1>Forbidden</h1>'],
    ['JSON without error', 403, { message: 'no' }],
    ['an error that is not a string', 400, { error: { code: 400, message: 'no' } }],
    ['an empty error', 400, { error: '' }],
    ['a list', 400, [{ error: 'invalid_scope' }]],
    ['the reason phrase as error', 403, { status: 403, error: 'Forbidden', path: '/oauth/token' }],
    ['an error in __proto__', 400, '{"__proto__":{"error":"invalid_scope"}}'],
  ])('400, 401 and 403 without an OAuth body: the credential is refused (%s)', (_title, status, body) => {
    expect(refused(status, body)).toMatchObject({ reason: 'client_refused', upstreamError: undefined });
  });

  it.each([
    ['a proxy that wants a log-in', 407, ''],
    ['an address that is gone', 410, '<h1>Gone</h1>'],
    ['another host of this connection', 421, ''],
    ['a media type that it does not take', 415, { message: 'no' }],
    ['a framework that names the status', 415, { statusCode: 415, error: 'Unsupported Media Type' }],
    ['a grant type that it does not have', 400, { error: 'unsupported_grant_type' }],
  ])('%s judges no credential', (_title, status, body) => {
    expect(refused(status, body)).toMatchObject({
      reason: 'wrong_endpoint',
      code: 'upstream_rejected',
      cooldownScope: 'client',
    });
  });

  it.each([
    ['401 with server_error', 401, { error: 'server_error' }],
    ['401 with temporarily_unavailable', 401, { error: 'temporarily_unavailable' }],
    [
      'invalid_request for a wrong client',
      400,
      { error: 'invalid_request', error_description: 'client id is wrong' },
    ],
    ['incorrect_client_credentials', 400, { error: 'incorrect_client_credentials' }],
    ['a code within an object', 400, { error: { code: 400, error: 'invalid_client_id' } }],
  ])('%s: the message names the settings of the credential', (_title, status, body) => {
    const failure = refused(status, body);
    expect(failure.reason).toBe('client_refused');
    expect(failure.message).toContain('Check clientId and clientSecret');
  });

  it.each(['invalid_scope', 'invalid_target'])('%s: this request is at fault', (error) => {
    expect(refused(400, { error })).toMatchObject({
      reason: 'scope_refused',
      code: 'invalid_scope',
      upstreamError: error,
    });
  });

  it.each(['invalid_request', 'access_denied', 'constructor', '__proto__', 'AADSTS700016'])(
    'any other OAuth error (%s): this one request was refused',
    (error) => {
      expect(refused(400, { error }).reason).toBe('request_refused');
    },
  );

  it.each([
    ['500', 500, ''],
    ['502', 502, '<h1>Bad gateway</h1>'],
    ['404 without an OAuth body (a router during a redeploy)', 404, '<h1>Not found</h1>'],
    ['405 without an OAuth body', 405, ''],
    ['404 of a framework', 404, { statusCode: 404, error: 'Not Found', message: 'Cannot POST /token' }],
    ['405 of a framework', 405, { status: 405, error: 'Method Not Allowed' }],
    ['503 whatever its body', 503, { error: 'invalid_client' }],
    ['599', 599, ''],
    ['408', 408, ''],
    ['temporarily_unavailable', 400, { error: 'temporarily_unavailable' }],
    ['server_error', 400, { error: 'server_error' }],
  ])('%s is passing', (_title, status, body) => {
    expect(refused(status, body)).toMatchObject({ reason: 'unavailable', code: 'temporarily_unavailable' });
  });

  it.each(['access_denied', 'invalid_request', 'invalid_scope', 'no_such_code', ''])(
    '401 is a refused credential whatever the code (%j)',
    (error) => {
      expect(refused(401, error && { error }).reason).toBe('client_refused');
    },
  );

  it.each([
    'Missing parameter: client_id',
    'The client credentials are missing',
    'client_secret is required',
    'Unknown client',
  ])('invalid_request for a missing client is a refused credential (%s)', (description) => {
    expect(refused(400, { error: 'invalid_request', error_description: description }).reason).toBe(
      'client_refused',
    );
    expect(refused(400, { error: 'invalid_request', error_description: 'scope is missing' }).reason).toBe(
      'request_refused',
    );
  });

  it('reads the error beside a byte that does not decode', () => {
    const body = Buffer.from('{"error":"invalid_scope","error_description":"port\u00e9e"}', 'latin1');
    expect(refused(400, body)).toMatchObject({ reason: 'scope_refused', upstreamError: 'invalid_scope' });
    const declared = refused(400, body, { 'content-type': 'application/json;charset=iso-8859-1' });
    expect(declared.message).toContain('portée');
  });

  it.each([{ error: 'invalid_client' }, { error: 'invalid_scope' }, '', '<html>'])(
    '429 is throttled whatever the body (%j)',
    (body) => {
      expect(refused(429, body).reason).toBe('throttled');
    },
  );

  it.each([400, 403, 404, 408, 425, 429, 500, 502, 503, 504])('says how long to wait after %i', (status) => {
    const failure = refused(status, '', { 'retry-after': '30' });
    expect(failure.retryAfter).toBe(30_000);
    expect(failure.code).toBe('temporarily_unavailable');
  });

  it.each([
    ['seconds from now', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '33' }],
    ['an instant', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 33) }],
    ['one in milliseconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now + 33_000) }],
    ['an instant alone, as of Okta', { 'x-rate-limit-reset': String(now / 1_000 + 33) }],
    ['a structured field', { ratelimit: '"default";r=0;t=33' }],
  ])('waits for the reset of a rate limit where there is no Retry-After: %s', (_title, headers) => {
    expect(refused(429, '', headers).retryAfter).toBe(33_000);
    expect(refused(429, '', { ...headers, 'retry-after': '7' }).retryAfter).toBe(7_000);
  });

  it('waits for no reset of a limit that is not used up, and an hour at most', () => {
    const headers = { 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '33' };
    expect(refused(503, '', headers).retryAfter).toBeUndefined();
    const far = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999' };
    expect(refused(429, '', far).retryAfter).toBe(3_600_000);
  });

  it.each(['rate_limit_exceeded', 'slow_down', 'too_many_requests'])(
    '%s is throttled whatever its status',
    (error) => {
      expect(refused(403, { error }, { 'retry-after': '9' })).toMatchObject({
        reason: 'throttled',
        retryAfter: 9_000,
      });
    },
  );

  it.each([
    ['INVALID_SCOPE', 'scope_refused'],
    [' invalid_scope ', 'scope_refused'],
    ['Invalid client', 'client_refused'],
    ['unauthorized-client', 'client_refused'],
    ['Temporarily Unavailable', 'unavailable'],
  ])('%j means what its code in lower case does', (error, reason) => {
    expect(refused(400, { error }).reason).toBe(reason);
  });

  it.each([
    ['Google', 401, { error: { code: 401, message: 'the words', status: 'UNAUTHENTICATED' } }],
    ['Okta', 401, { errorCode: 'E0000011', errorSummary: 'the words' }],
    ['Apigee', 401, { fault: { faultstring: 'the words', detail: { errorcode: 'x' } } }],
    ['Shopify', 400, { errors: 'the words' }],
    ['a list of errors', 400, { errors: [{ message: 'the words' }] }],
    ['a problem (RFC 9457)', 403, { title: 'no', detail: 'the words', status: 403 }],
    ['Kong', 401, { message: 'the words' }],
  ])('quotes what %s says in fields of its own', (_title, status, body) => {
    const { reason, upstreamError, message } = refused(status, body);
    expect({ reason, upstreamError }).toEqual({ reason: 'client_refused', upstreamError: undefined });
    expect(message).toContain(`(HTTP ${status}, the words). The response is not an OAuth error`);
  });

  it.each([
    [{ errorCode: 'invalid_scope', errorSummary: 'no' }, 'scope_refused', 'invalid_scope'],
    [{ ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' }, 'client_refused', 'invalid_client'],
    [{ error: { type: 'invalid_scope', message: 'no' } }, 'scope_refused', 'invalid_scope'],
    [{ Error: 'unsupported_grant_type' }, 'wrong_endpoint', 'unsupported_grant_type'],
  ])('takes a code of RFC 6749 wherever it stands: %j', (body, reason, upstreamError) => {
    expect(refused(400, body)).toMatchObject({ reason, upstreamError });
  });

  it('reads an error in a form', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(refused(400, 'error=invalid_scope&error_description=no+such', headers)).toMatchObject({
      reason: 'scope_refused',
      message: expect.stringContaining('no such'),
    });
  });

  it.each([401, 302])('takes no Retry-After from %i', (status) => {
    expect(refused(status, '', { 'retry-after': '30' }).retryAfter).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('redirect (%i): a fault in the settings, never followed', (status) => {
    const { reason, message } = refused(status, '', { location: 'https://user:pw@new.example/t?code=1#x' });

    expect(reason).toBe('wrong_endpoint');
    expect(message).toContain('redirects to https://new.example/t (HTTP');
    expect(message).toContain('must name the final address');
  });

  it.each([
    ['relative', '/login?next=1', ' redirects to https://auth.example/login (HTTP 302)'],
    ['no URL', 'http://', ' redirects (HTTP 302)'],
    ['no address of the web', 'javascript:alert(1)', ' redirects (HTTP 302)'],
    [
      'echoing a secret',
      '/not-a-real-secret/x',
      ' redirects to https://auth.example/[redacted]/x (HTTP 302)',
    ],
  ])('a Location that is %s', (_title, location, expected) => {
    expect(refused(302, '', { location }).message).toContain(expected);
  });

  it('hides a secret in a Location whose characters are escaped in an address, or not', () => {
    const exchange = someContext({ redaction: new Redaction(['not&a real="secret"']) });
    const answer = someResponse(302, '', { location: '/not&a real="secret"/x' });
    expect(errorResponseFailure(answer, exchange).message).toContain(
      'redirects to https://auth.example/[redacted]/x (',
    );
  });

  it('takes no error from the body of a redirect', () => {
    expect(refused(302, { error: 'invalid_scope' })).toMatchObject({
      reason: 'wrong_endpoint',
      upstreamError: undefined,
    });
  });

  it('strips control characters from upstream text and cuts it to 200 characters', () => {
    const { message, upstreamError } = refused(400, {
      error: `evil\u0000\u202e${'x'.repeat(300)}`,
      error_description: 'line\r\nbreak\u009b31m\u2066',
    });

    expect(upstreamError).toBe(`evil${'x'.repeat(196)}`);
    expect(message).toContain('linebreak31m)');
  });

  it('hides a secret that the authorization server echoes', () => {
    const { message, upstreamError } = refused(401, {
      error: 'invalid_client',
      error_description: 'not-a-real-secret is wrong',
    });

    expect(message).toContain('HTTP 401, invalid_client, [redacted] is wrong');
    expect(upstreamError).toBe('invalid_client');
  });

  it.each([
    [
      'invalid client credentials',
      'client_secret_basic',
      401,
      { error: 'invalid_client' },
      'auth.example refused the token request of client rabot (HTTP 401, invalid_client). Check clientId and ' +
        'clientSecret, look for white space around them, and check that they belong to this environment (staging or ' +
        'production) of the authorization server at auth.example.',
    ],
    [
      'a key',
      'private_key_jwt',
      401,
      { error: 'invalid_client' },
      'Check clientId, privateKey, keyId and algorithm',
    ],
    [
      'a certificate',
      'tls_client_auth',
      401,
      { error: 'invalid_client' },
      'Check clientId, certificate and key',
    ],
    [
      'a grant type',
      'client_secret_post',
      400,
      { error: 'unauthorized_client' },
      'Have the grant type client_credentials enabled',
    ],
    [
      'insufficient scopes',
      'client_secret_post',
      400,
      { error: 'invalid_scope' },
      'Requested: api:partner create:orders. Have these scopes assigned to the client there, or remove them',
    ],
    [
      'an address without an OAuth error',
      'client_secret_post',
      404,
      '',
      'no credential was evaluated: the broker retries after a pause. If this persists, check that the settings name',
    ],
    ['an outage', 'client_secret_post', 503, '', 'retries after a pause'],
    ['a limit', 'client_secret_post', 429, '', 'lower maxTokenRequestsPerMinute (60)'],
    [
      'an odd error',
      'client_secret_post',
      400,
      { error: 'no_luck' },
      'Check the scopes, resources and parameters',
    ],
  ])('says cause and way out for %s', (_title, clientAuthentication, status, body, expected) => {
    const client = someClient({ clientAuthentication });
    const request = client.request(client.options.scopes);

    expect(errorResponseFailure(someResponse(status, body), someContext({ request })).message).toContain(
      expected,
    );
  });

  it('names the resources that were refused', () => {
    const client = someClient();
    const request = client.request(client.options.scopes, ['https://api.example']);
    const { message } = errorResponseFailure(
      someResponse(400, { error: 'invalid_target' }),
      someContext({ request }),
    );

    expect(message).toContain('Requested: https://api.example.');
  });

  it('counts invalid_grant as a refused credential where an assertion is the grant', () => {
    const failure = (grant?: 'jwt-bearer') => {
      const client = someClient({ grant });
      const request = client.request(client.options.scopes);
      return errorResponseFailure(someResponse(400, { error: 'invalid_grant' }), someContext({ request }));
    };

    expect(failure()).toMatchObject({ reason: 'request_refused' });
    expect(failure('jwt-bearer')).toMatchObject({
      reason: 'client_refused',
      message: expect.stringContaining('Check clientId, privateKey, keyId and assertion'),
    });
  });
});
