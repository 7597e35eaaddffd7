import { oauthErrorResponse } from '../../consumer-api/oauth.js';
import type { routes, TokenRoute } from '../../consumer-api/routes.js';
import type { FailureName } from './failure-cases.js';
import { failuresOf } from './failures-by-way.js';
import type { Operation, Response } from './openapi.js';
import { clientInPath, pathParameters, queryParameters, rejectedInQuery } from './parameters.js';
import { formBody, rejectionBody } from './request-bodies.js';
import { failureResponses } from './responses.js';
import { tokenInBody, tokenInHeaders } from './token-responses.js';

export type RoutePath = (typeof routes)[number]['path'];
export type TokenRoutePath = Exclude<RoutePath, `/.well-known/${string}`>;

/** An operation without what its method and the address of the broker tell. */
export type DescribedOperation = Omit<Operation, 'x-codeSamples'> & {
  /** The line of `curl` behind the address: options, after the path and query. */
  sample: { target: string; options: readonly string[] };
};

const bearer = { security: [{ consumer: [] }], tags: ['Tokens'] };
const proxy = { security: [{ consumer: [] }], tags: ['Proxies'] };
const oauth: Pick<DescribedOperation, 'security' | 'tags' | 'requestBody'> = {
  security: [{ client: [] }, {}],
  tags: ['OAuth'],
  requestBody: formBody,
};
const asConsumer = ['-H "Authorization: Bearer $TOKEN_BROKER_KEY"'];
const asClient = [
  '-u "$TOKEN_BROKER_CONSUMER:$TOKEN_BROKER_KEY"',
  '-d grant_type=client_credentials',
  '-d scope=api:partner',
];
const orders = 'scopes=api:partner+create:orders';

/** What is said about each way to a token. A new one is not compiled before it stands here. */
export const tokenOperations: Readonly<Record<TokenRoutePath, DescribedOperation>> = {
  '/token': {
    ...bearer,
    operationId: 'getToken',
    summary: 'Ask for a token',
    description:
      'Answers with the one token for this client and these scopes, which the broker renews ahead of its expiry. Use it until `expires_in`, ask again after `refresh_in`.',
    parameters: queryParameters,
    responses: answers(tokenInBody, failuresOf.query),
    sample: { target: `/token?${orders}`, options: asConsumer },
  },
  '/token/rejected': {
    ...bearer,
    operationId: 'rejectToken',
    summary: 'Report a token that an API has rejected',
    description:
      'For when an API answers 401 to a token. Answered like `GET /token`, with another token: however many consumers report it, it is renewed once.',
    parameters: [],
    requestBody: rejectionBody,
    responses: answers(tokenInBody, failuresOf.rejection),
    sample: {
      target: '/token/rejected',
      options: [
        ...asConsumer,
        "-H 'Content-Type: application/json'",
        `-d '{"access_token_sha256":"${'ab'.repeat(32)}","scopes":"api:partner"}'`,
      ],
    },
  },
  '/oauth2/token': {
    ...oauth,
    operationId: 'grantToken',
    summary: 'Ask for a token as an OAuth client',
    description:
      'For existing OAuth code: a token endpoint with the client credentials grant (RFC 6749 §4.4). The consumer is the client. Failures have the words of RFC 6749 §5.2.',
    parameters: [],
    responses: answers(tokenInBody, failuresOf.form, oauthErrorResponse),
    sample: { target: '/oauth2/token', options: asClient },
  },
  '/oauth2/:client/token': {
    ...oauth,
    operationId: 'grantTokenOfClient',
    summary: 'Ask for a token of one client as an OAuth client',
    description: 'As `POST /oauth2/token`, for a consumer that may have several clients of the broker.',
    parameters: [clientInPath],
    responses: answers(tokenInBody, failuresOf.formOfClient, oauthErrorResponse),
    sample: { target: '/oauth2/rabot/token', options: asClient },
  },
  '/forward-auth': {
    ...proxy,
    operationId: 'forwardAuth',
    summary: 'Let a proxy put a token into a request',
    description:
      'For nginx `auth_request` and Traefik ForwardAuth: asked like `GET /token`, with any method, and answered in headers. All other headers of the original request mean nothing.',
    parameters: [...queryParameters, rejectedInQuery],
    responses: answers(tokenInHeaders, failuresOf.forwardAuth),
    sample: { target: `/forward-auth?${orders}`, options: ['-i', ...asConsumer] },
  },
  '/forward-auth/:client/:scopes/*': {
    ...proxy,
    operationId: 'forwardAuthInPath',
    summary: 'Let Envoy put a token into a request',
    description:
      'For Envoy `ext_authz`, with `/forward-auth/CLIENT/SCOPES` as its `path_prefix`: path, query and method behind it are those of the original request.',
    parameters: pathParameters,
    responses: answers(tokenInHeaders, failuresOf.forwardAuthInPath),
    sample: {
      target: '/forward-auth/rabot/api:partner%20create:orders/orders?page=2',
      options: ['-i', ...asConsumer],
    },
  },
};

function answers(
  token: Response,
  failures: readonly FailureName[],
  refusal?: TokenRoute['errorResponse'],
): Record<string, Response> {
  return { 200: token, ...failureResponses(failures, refusal) };
}
