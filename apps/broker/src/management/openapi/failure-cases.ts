import { parseCredential } from '#consumers/credential.js';
import { AccessDenied, pluralized } from '#consumers/access-denied.js';
import { RateLimit } from '#consumers/rate-limit.js';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { parseClientAuthentication } from '../../consumer-api/credentials.js';
import { HttpFailure } from '../../core/failure-response.js';
import { parseQuery, tokenParameters } from '../../consumer-api/parameters.js';
import { UnsupportedGrantType } from '../../consumer-api/oauth.js';
import type { FailureCase } from './failure-case.js';
import { upstreamFailureCases } from './upstream-failure-cases.js';

const second = 1_000;

/** Each failure is made by the code that makes the real one, where that needs no network. */
export const failureCases = {
  ...upstreamFailureCases,
  malformedParameter: {
    when: 'A parameter is missing, repeated, unknown or malformed.',
    advice: 'Correct the request: the description names the parameter.',
    failure: thrownBy(() => tokenParameters(parseQuery('scpoes=api:partner'))),
  },
  malformedBody: {
    when: 'The body is no JSON object, or a field of it is missing, unknown or malformed.',
    advice: 'Send `application/json` with `access_token_sha256`, and all other parameters beside it.',
    failure: new Failure('invalid_request', 'send a JSON object as application/json'),
  },
  malformedForm: {
    when: 'The body is no form, or a field of it is missing, repeated or malformed.',
    advice: 'Send `application/x-www-form-urlencoded`, each field once, and nothing in the query.',
    failure: new Failure('invalid_request', 'grant_type is missing; send client_credentials'),
  },
  malformedAddress: {
    when: 'The header `Host` or the name of the client is malformed.',
    advice: 'Ask for the address that the broker is reached at.',
    failure: new Failure('invalid_request', 'the header Host is malformed'),
  },
  clientMissing: {
    when: 'The consumer may have several clients, and names none.',
    advice: 'Add `client`; the description names those to choose from.',
    failure: new Failure('invalid_request', 'name the client in the parameter client: rabot, other'),
  },
  beyondLifetime: {
    when: '`min_ttl` is beyond what the authorization server grants.',
    advice: 'Ask for less: the description tells how long tokens of this client live.',
    failure: new Failure(
      'invalid_request',
      'min_ttl is beyond what the authorization server grants: its tokens live 3599 s; ask for less',
    ),
  },
  otherGrant: {
    when: '`grant_type` is another one than `client_credentials`.',
    advice: 'Have the OAuth library use the client credentials grant.',
    failure: new UnsupportedGrantType(),
  },
  malformedScope: {
    when: 'The scopes are empty, or no scope string (RFC 6749 §3.3).',
    advice: 'Name the scopes, or leave the parameter out for all that is allowed.',
    failure: thrownBy(() => ScopeSet.parse('api:"partner"')),
  },
  noBearer: {
    when: 'There is no credential, or a wrong one.',
    advice: 'Send an API key or a workload JWT of this environment, without white space around it.',
    failure: thrownBy(() => parseCredential(undefined)),
  },
  noClientAuthentication: {
    when: 'There is no credential, a wrong one, or a right one under the name of another consumer.',
    advice:
      'Send the name of the consumer as `client_id` and its API key as `client_secret`, or a workload JWT.',
    failure: thrownBy(() => parseClientAuthentication(undefined, new Map())),
  },
  forbiddenScope: {
    when: 'The consumer may not have this scope.',
    advice: 'Ask for what its `allow` list in the settings gives, or have it extended.',
    failure: new AccessDenied('scope', 'rabot', pluralized('scope', ['role:finance-reporting'])),
  },
  forbiddenClient: {
    when: 'The consumer may not have this client; a client that does not exist reads the same.',
    advice: 'Correct the name, or have the client added to the `allow` list of the consumer.',
    failure: new AccessDenied('client', 'other', 'any scope'),
  },
  forbiddenResource: {
    when: 'The client may not be used for this resource.',
    advice: 'Correct the resource, or have it added to `resources` of the client.',
    failure: new AccessDenied('resource', 'rabot', pluralized('resource', ['https://other.example'])),
  },
  bodyTooLarge: {
    when: 'The body is over 16 KiB.',
    advice: 'Send less: nothing that is asked here is as long.',
    failure: HttpFailure.of(413),
  },
  askedTooOften: {
    when: 'The consumer asks this replica more often than `maxRequestsPerSecond`.',
    advice:
      'Wait for `Retry-After`. Keep a token until its `refresh_in` has passed, or have the limit raised.',
    failure: thrownBy(() => {
      const limit = new RateLimit(1);
      for (const now of [0, 500]) limit.take(now);
    }),
  },
  rejectedTooSoon: {
    when: 'The rejected token is less than 10 s old.',
    advice: 'Wait for `Retry-After`. An API that refuses a new token refuses its scopes, audience or time.',
    failure: new Failure(
      'slow_down',
      'this token is only a few seconds old and is not renewed again so soon; if the API goes on refusing it, look for the cause there (scopes, audience, clock)',
      { retryAfter: 7 * second },
    ),
  },
} as const satisfies Record<string, FailureCase>;

export type FailureName = keyof typeof failureCases;

function thrownBy(act: () => unknown): Failure {
  try {
    act();
  } catch (failure) {
    if (failure instanceof Failure) return failure;
  }
  throw new TypeError('an example of a failure is none');
}
