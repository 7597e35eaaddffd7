import type { Credential } from '#consumers/credential.js';
import { AccessDenied } from '#consumers/access-denied.js';
import { Failure, UpstreamFailure } from '#tokens/model/failures.js';
import type { ErrorResponse } from '../core/failure-response.js';
import { clientCertificate } from '../core/client-certificate.js';
import { authorizationOf } from '../core/headers.js';
import { readBody } from './body.js';
import { parseClientAuthentication } from './credentials.js';
import {
  parseQuery,
  type RawParameters,
  type RequestedToken,
  single,
  tokenParameters,
} from './parameters.js';
import type { RequestContext } from './request-context.js';

/** RFC 6749 §5.2: an error that only OAuth clients know. */
export class UnsupportedGrantType extends Failure {
  constructor() {
    super('invalid_request', 'grant_type must be client_credentials');
  }
}

/** RFC 6749 §5.2, RFC 8707 §2 and RFC 9396 §5 have their own words for what a consumer may not have. */
const denied = {
  client: 'unauthorized_client',
  scope: 'invalid_scope',
  resource: 'invalid_target',
  authorization_details: 'invalid_authorization_details',
} as const;

/** @throws Failure `invalid_client`, `invalid_request` */
export async function clientCredential(context: RequestContext): Promise<Credential> {
  context.form ??= await readForm(context);
  return parseClientAuthentication(
    authorizationOf(context.request),
    context.form,
    clientCertificate(context.request),
  );
}

/**
 * The parameters of RFC 6749 §4.4.2 and RFC 8707 §2. Others are ignored (§3.2).
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export async function clientParameters(context: RequestContext): Promise<RequestedToken> {
  const form = (context.form ??= await readForm(context));
  const grantType = single(form, 'grant_type');
  if (grantType === undefined)
    throw new Failure('invalid_request', 'grant_type is missing; send client_credentials');
  if (grantType !== 'client_credentials') throw new UnsupportedGrantType();
  single(form, 'scope');
  const [client] = context.pathParameters;
  const known = {
    client: client && [client],
    scope: form.get('scope'),
    resource: form.get('resource'),
    authorization_details: form.get('authorization_details'),
  };
  return tokenParameters(
    new Map(Object.entries(known).flatMap(([name, values]) => (values ? [[name, values]] : []))),
  );
}

/**
 * A failure in the words of RFC 6749 §5.2. A failure of the authorization server keeps its status of 502 or 503: the
 * standard has no words for it.
 */
export function oauthErrorResponse(failure: unknown, response: ErrorResponse): ErrorResponse {
  const { status, headers } = response;
  const body = { ...response.body, error_description: toOAuthText(response.body.error_description) };
  if (body.error === 'invalid_client') {
    const challenge = { 'www-authenticate': 'Basic realm="token-broker", charset="UTF-8"' };
    return { status, headers: { ...headers, ...challenge }, body };
  }
  const error = oauthError(failure);
  return error === undefined
    ? { status, headers, body }
    : { headers, status: status === 403 ? 400 : status, body: { ...body, error } };
}

async function readForm({ request, query }: RequestContext): Promise<RawParameters> {
  const body = await readBody(request);
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) {
    throw new Failure(
      'invalid_request',
      'send the parameters as application/x-www-form-urlencoded in the body',
    );
  }
  // A parameter in both places would be ambiguous, and a secret in a URL ends up in logs.
  if (query !== '') throw new Failure('invalid_request', 'send the parameters in the body, not in the URL');
  return withoutEmpty(parseQuery(body.toString('latin1')));
}

/** RFC 6749 §3.2: a parameter without a value counts as omitted. n8n and Postman send `scope=` for no scope. */
function withoutEmpty(form: RawParameters): RawParameters {
  return new Map([...form].filter(([, values]) => values.some((value) => value !== '')));
}

/** ASCII without quotes and backslashes (§5.2). What an authorization server says may hold other characters. */
function toOAuthText(description: string): string {
  return description.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/gu, '?');
}

function oauthError(failure: unknown): string | undefined {
  if (failure instanceof AccessDenied) return denied[failure.part];
  if (failure instanceof UnsupportedGrantType) return 'unsupported_grant_type';
  const isTarget = failure instanceof UpstreamFailure && failure.upstreamError === 'invalid_target';
  return isTarget && failure.reason === 'scope_refused' ? 'invalid_target' : undefined;
}
