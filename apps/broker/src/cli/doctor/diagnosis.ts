import { canonicalCode } from '#oauth/response/error-body.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { FindingCode } from './finding.js';
import type { Observation } from './wire-observer.js';
import type { ClientUnderTest } from './client-under-test.js';
import { assertionHints } from './assertion-hints.js';
import { suspiciousFormatting, mixedEnvironments } from './credential-hints.js';

/** Why no token came: judged by the broker's own failure and by what was seen on the wire. */
export function causeOfFailure(failure: UpstreamFailure, observation: Observation): FindingCode {
  if (failure.reason === 'throttled') return 'throttled';
  if (failure.reason === 'credential_unavailable') return 'credential_unavailable';
  const { status, errorCode } = observation;
  // A request that no connection was made for: there was nothing to send.
  if (observation.metadata === undefined && errorCode === undefined) {
    return failure.reason === 'wrong_endpoint' ? 'wrong_endpoint' : 'credential_unusable';
  }
  if (status === undefined) return withoutResponse(observation);
  if (status === 407) return 'proxy_log_in';
  if (status === 415 && observation.metadata === false) return 'body_format';
  if (status >= 300 && status < 400 && observation.metadata === false) return 'redirected';
  if (failure.upstreamError === 'invalid_grant' && failure.reason === 'client_refused')
    return 'credential_refused';
  if (failure.upstreamError !== undefined)
    return oauthErrors.get(canonicalCode(failure.upstreamError)) ?? 'request_refused';
  if (status === 401 && observation.metadata === false) return 'credential_refused';
  if (status === 408 || status >= 500) return 'server_down';
  return withResponse(failure, observation);
}

/** RFC 6749 §5.2 and RFC 8707 §2. */
const oauthErrors: ReadonlyMap<string, FindingCode> = new Map([
  ['invalid_client', 'credential_refused'],
  ['unauthorized_client', 'grant_not_enabled'],
  ['unsupported_grant_type', 'wrong_endpoint'],
  ['invalid_scope', 'scope_not_assigned'],
  // RFC 9449 §5 and §8
  ['invalid_dpop_proof', 'dpop_demanded'],
  ['use_dpop_nonce', 'dpop_demanded'],
  ['invalid_target', 'target_not_allowed'],
  ['invalid_authorization_details', 'details_refused'],
  ['temporarily_unavailable', 'server_down'],
  ['server_error', 'server_down'],
]);

const connectionErrors: readonly [RegExp, FindingCode][] = [
  [/^PROXY_HTTP_40[17]$/, 'proxy_log_in'],
  [/^PROXY_HTTP_/, 'proxy_refused'],
  [/^PROXY_/, 'proxy_unreachable'],
  [/^CERT_HAS_EXPIRED$/, 'tls_expired'],
  [/^CERT_NOT_YET_VALID$/, 'tls_not_yet_valid'],
  [/^ERR_TLS_CERT_ALTNAME/, 'tls_wrong_name'],
  [/SELF_SIGNED|^UNABLE_TO_|^CERT_UNTRUSTED$|^INVALID_CA$|LEAF_SIGNATURE/, 'tls_unknown_authority'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/, 'tls_not_spoken'],
  [/ALERT_.*CERTIFICATE|CERTIFICATE_REQUIRED|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/, 'tls_client_certificate'],
  [/CERT|^ERR_SSL|^ERR_TLS|^EPROTO$|^CRL_/, 'tls_failed'],
  [/^ENOTFOUND$|^EAI_/, 'name_unresolved'],
  [/^ECONNREFUSED$/, 'refused_connection'],
  [/^CONNECT_TIMEOUT$|^ETIMEDOUT$|^E(?:HOST|NET)UNREACH$/, 'unreachable'],
  [/^HPE_/, 'not_http'],
  [/^ECONNRESET$|^EPIPE$|^BODY_CUT$|^NO_RESPONSE$/, 'connection_lost'],
];

function withoutResponse({ errorCode = '', connected }: Observation): FindingCode {
  const known = connectionErrors.find(([pattern]) => pattern.test(errorCode))?.[1];
  return known ?? (connected ? 'no_answer' : 'unreachable');
}

function withResponse(
  { reason, message }: UpstreamFailure,
  { metadata, isPage, complete }: Observation,
): FindingCode {
  if (reason === 'unavailable' && !complete) return 'answer_drips';
  if (metadata) return 'metadata_unusable';
  if (reason === 'malformed' && message.includes('token_type is dpop')) return 'dpop_demanded';
  if (reason === 'malformed') return isPage ? 'answer_is_a_page' : 'answer_malformed';
  return 'wrong_endpoint';
}

export interface HintContext {
  subject: ClientUnderTest;
  observation: Observation;
  /** Milliseconds after which the authorization server wants to be asked again. */
  retryAfter: number | undefined;
  /** Whether the response has an OAuth error code: then that is known. */
  hasOAuthError: boolean;
  /** Names of those variables of the environment that name a proxy. */
  proxyVariables: readonly string[];
}

type Hints = (context: HintContext) => string[];

/** Particulars that point to the cause, by the cause; the failure's own message has the general remedy. */
const table: Partial<Record<FindingCode, Hints>> = {
  details_refused: () => [
    'compare authorizationDetails of allow with the types and fields that the authorization server documents',
  ],
  credential_refused: (context) => [
    ...knownOf(context),
    ...credential(context.subject),
    ...assertionHints(context.subject, context.observation.skew),
  ],
  dpop_demanded: () => [
    'the broker gives consumers Bearer tokens, which DPoP (RFC 9449) rules out: disable DPoP for this client there',
  ],
  scope_not_assigned: ({ subject }) => [
    `${subject.scopesPlace} says that they are assigned`,
    ...(subject.numberOfScopes > 1 && subject.scopeSeparator === ' '
      ? [
          'if it reads several scopes as one, set scopeSeparator of this client to the separator that it expects',
        ]
      : []),
    ...(subject.scopeSeparator === ' '
      ? []
      : [
          `scopes are separated by "${subject.scopeSeparator}", as scopeSeparator says; most servers expect a space`,
        ]),
  ],
  request_refused: format,
  throttled: ({ retryAfter }) => [
    'if it limits token requests per hour, day or month, set maxTokenRequests of this client to that limit',
    retryAfter === undefined
      ? 'no Retry-After was sent; wait a few minutes'
      : `wait ${Math.ceil(retryAfter / 1000)} s (its Retry-After) before you run the doctor again`,
  ],
  server_down: ({ retryAfter, observation }) => [
    ...(retryAfter === undefined ? [] : [`it asks for a retry after ${Math.ceil(retryAfter / 1000)} s`]),
    ...(observation.isPage || observation.hasVia ? [intermediary] : []),
  ],
  answer_is_a_page: () => [intermediary, 'or the address is that of a web page, not of the token endpoint'],
  body_format: () => ['set bodyFormat of this client to json, or to form if it is json now'],
  wrong_endpoint: (context) => [
    ...knownOf(context),
    ...format(context),
    ...(context.observation.isPage || context.observation.hasVia ? [intermediary] : []),
  ],
  metadata_unusable: ({ observation }) => (observation.isPage || observation.hasVia ? [intermediary] : []),
  refused_connection: proxy,
  unreachable: proxy,
  name_unresolved: proxy,
  no_answer: proxy,
  tls_expired: () => [
    'only the operator of the authorization server can renew it; also check the clock of this machine',
  ],
  tls_not_yet_valid: () => ['the clock of this machine may be behind'],
  tls_wrong_name: () => ['use the host name from the certificate in tokenEndpoint or issuer'],
  tls_unknown_authority: ({ subject }) => [
    subject.hasCa
      ? 'ca of this client must contain the authority that signed it and all intermediates: it replaces the authorities of Node.js'
      : 'set ca of this client to the certificate of a private authority',
    'a proxy that intercepts TLS also causes this',
  ],
  tls_not_spoken: () => ['the port may serve plain HTTP, or a proxy may be answering'],
  tls_client_certificate: () => [
    'check certificate and key of this client, and which authority the server trusts',
  ],
  proxy_log_in: ({ subject }) =>
    subject.proxy === undefined
      ? [
          'let the broker reach the authorization server without that proxy, or name it in proxy with username and password',
        ]
      : [`check username and password of the proxy ${subject.proxy}`],
  proxy_refused: ({ observation: { errorCode = '' } }) => [proxyAnswer(errorCode)],
  proxy_unreachable: ({ observation: { errorCode = '' }, subject }) => [
    errorCode === 'PROXY_TIMEOUT'
      ? `the proxy ${subject.proxy} does not answer in time, or does not reach the authorization server`
      : `check the address ${subject.proxy} in proxy, and that the proxy is up`,
    'to reach an authorization server in your own network directly, name its host in noProxy',
  ],
};

/** Of a response without an OAuth error: what its status says (RFC 9110 §15.5), and what can only be guessed. */
function knownOf({ observation: { status }, hasOAuthError }: HintContext): string[] {
  const found = hasOAuthError || status === undefined ? undefined : knownByStatus[status];
  return found === undefined ? [] : [found, ...(status === 404 ? [] : [gateway])];
}

const knownByStatus: Readonly<Record<number, string>> = {
  401: 'known: a credential was not accepted (HTTP 401, without an OAuth error); assumed: it is the credential of this client, not one that a gateway in front requires',
  403: 'known: the request was understood and refused (HTTP 403, without an OAuth error); assumed: because of the credential, its permissions or the address of this broker, or by a gateway in front',
  404: 'known: nothing is at this path (HTTP 404), and no credential was evaluated; assumed: tokenEndpoint has another path, or a router was being deployed',
};

const gateway =
  'an API gateway in front of it may require a header such as x-api-key: set headers of this client';

const intermediary = 'a proxy, gateway or login page in front of it may be answering';

/** Causes in which a vendor's habits may show. */
const answered: ReadonlySet<FindingCode> = new Set([
  'answer_malformed',
  'body_format',
  'credential_refused',
  'request_refused',
  'scope_not_assigned',
  'wrong_endpoint',
]);

/** Undefined causes have none. */
export function hintsFor(cause: FindingCode, context: HintContext): string[] {
  const { otherPreset } = context.subject;
  return [
    ...(table[cause]?.(context) ?? []),
    ...(otherPreset !== undefined && answered.has(cause)
      ? [`the host belongs to a vendor: \`preset: ${otherPreset}\` has its settings`]
      : []),
  ];
}

/** How the secret is sent, where nothing of the response says that it was understood. */
function style({ clientAuthentication, basicEncoding, credentials }: ClientUnderTest): string[] {
  if (!clientAuthentication.startsWith('client_secret_')) return [];
  const other = clientAuthentication === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';
  const isEncoded = credentials.some(({ text }) => /[^\w.~-]/.test(text));
  return [
    ...(basicEncoding === 'form' && isEncoded
      ? [
          'id and secret are encoded by RFC 6749 §2.3.1; if the server does not decode them, set basicEncoding: none',
        ]
      : []),
    `the secret is sent by ${clientAuthentication}; if the server expects it the other way, set clientAuthentication: ${other}`,
  ];
}

/** Where a server reads no JSON, it misses all parameters. */
function format({ subject }: HintContext): string[] {
  if (subject.bodyFormat !== 'json') return [];
  return ['the request is sent as JSON; if the server reads only forms, remove bodyFormat: json'];
}

function credential(subject: ClientUnderTest): string[] {
  const odd = oddities(subject);
  return odd.length > 0 ? odd : style(subject);
}

function oddities(subject: ClientUnderTest): string[] {
  const { credentials, names, duplicateCredentials: sharing, url } = subject;
  return [
    ...credentials.flatMap(({ place, text }) =>
      suspiciousFormatting(text).map((words) => `${place} ${words}`),
    ),
    ...mixedEnvironments(url.hostname, names),
    ...sharing.map((words) => `${words}: one of the two may belong to the other environment`),
  ];
}

/** By the status of the proxy: policy, or its own failure to connect. */
function proxyAnswer(errorCode: string): string {
  const status = Number(errorCode.replace('PROXY_HTTP_', ''));
  return status >= 500
    ? `it answered CONNECT by ${status}: it cannot resolve or reach the authorization server, or has failed itself`
    : `it answered CONNECT by ${status}: allow the host and port of the authorization server there, or name them in noProxy`;
}

function proxy({ proxyVariables, subject }: HintContext): string[] {
  if (proxyVariables.length === 0 || subject.proxy !== undefined) return [];
  return [
    `${proxyVariables.join(' and ')} name a proxy, which the broker uses with \`proxy: environment\` only`,
  ];
}
