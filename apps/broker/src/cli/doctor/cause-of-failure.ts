import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { FindingCode } from './finding.js';
import type { Sighting } from './sighting.js';

/** Why no token came: judged by what the broker made of the answer, and by what was seen on the wire. */
export function causeOfFailure(failure: UpstreamFailure, sighting: Sighting): FindingCode {
  if (failure.reason === 'throttled') return 'throttled';
  const { status, errorCode } = sighting;
  // A request that no connection was made for: there was nothing to send.
  if (sighting.metadata === undefined && errorCode === undefined) return 'credential_unusable';
  if (status === undefined) return withoutAnswer(sighting);
  if (status === 407) return 'proxy_log_in';
  if (status >= 300 && status < 400 && sighting.metadata === false) return 'redirected';
  if (failure.upstreamError !== undefined) return oauthErrors.get(failure.upstreamError) ?? 'request_refused';
  if (status === 408 || status >= 500) return 'server_down';
  return withAnswer(failure, sighting);
}

/** RFC 6749 §5.2 and RFC 8707 §2. */
const oauthErrors: ReadonlyMap<string, FindingCode> = new Map([
  ['invalid_client', 'credential_refused'],
  ['unauthorized_client', 'grant_not_enabled'],
  ['unsupported_grant_type', 'wrong_endpoint'],
  ['invalid_scope', 'scope_not_assigned'],
  ['invalid_target', 'target_not_allowed'],
  ['temporarily_unavailable', 'server_down'],
  ['server_error', 'server_down'],
]);

const connectionErrors: readonly [RegExp, FindingCode][] = [
  [/^CERT_HAS_EXPIRED$/, 'tls_expired'],
  [/^CERT_NOT_YET_VALID$/, 'tls_not_yet_valid'],
  [/^ERR_TLS_CERT_ALTNAME/, 'tls_wrong_name'],
  [/SELF_SIGNED|^UNABLE_TO_|^CERT_UNTRUSTED$|^INVALID_CA$|LEAF_SIGNATURE/, 'tls_unknown_authority'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/, 'tls_not_spoken'],
  [/ALERT_.*CERTIFICATE|CERTIFICATE_REQUIRED|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/, 'tls_client_certificate'],
  [/CERT|^ERR_SSL|^ERR_TLS|^EPROTO$|^CRL_/, 'tls_failed'],
  [/^ENOTFOUND$|^EAI_/, 'name_unresolved'],
  [/^ECONNREFUSED$/, 'refused_connection'],
  [/^UND_ERR_CONNECT_TIMEOUT$|^ETIMEDOUT$|^E(?:HOST|NET)UNREACH$/, 'unreachable'],
  [/^HPE_/, 'not_http'],
  [/^UND_ERR_HEADERS_TIMEOUT$/, 'no_answer'],
  [/^UND_ERR_SOCKET$|^ECONNRESET$|^EPIPE$/, 'connection_lost'],
];

function withoutAnswer({ errorCode = '', connected }: Sighting): FindingCode {
  const known = connectionErrors.find(([pattern]) => pattern.test(errorCode))?.[1];
  return known ?? (connected ? 'no_answer' : 'unreachable');
}

function withAnswer({ reason }: UpstreamFailure, { metadata, isPage, complete }: Sighting): FindingCode {
  if (reason === 'unavailable' && !complete) return 'answer_drips';
  if (metadata) return 'metadata_unusable';
  if (reason === 'malformed') return isPage ? 'answer_is_a_page' : 'answer_malformed';
  return 'wrong_endpoint';
}
