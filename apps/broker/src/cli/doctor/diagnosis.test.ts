import { describe, expect, it } from 'vitest';
import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import { causeOfFailure } from './diagnosis.js';
import type { FindingCode } from './finding.js';
import { noObservation, type Observation } from './wire-observer.js';

type Row = [FindingCode, UpstreamFailureReason, seen: Partial<Observation>, upstreamError?: string];

const connectionErrors: [FindingCode, string][] = [
  ['tls_expired', 'CERT_HAS_EXPIRED'],
  ['tls_not_yet_valid', 'CERT_NOT_YET_VALID'],
  ['tls_wrong_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['tls_unknown_authority', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ['tls_unknown_authority', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['tls_unknown_authority', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ['tls_unknown_authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['tls_not_spoken', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ['tls_not_spoken', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
  ['tls_client_certificate', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
  ['tls_client_certificate', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
  ['tls_failed', 'ERR_SSL_NO_SHARED_CIPHER'],
  ['tls_failed', 'EPROTO'],
  ['name_unresolved', 'ENOTFOUND'],
  ['name_unresolved', 'EAI_AGAIN'],
  ['refused_connection', 'ECONNREFUSED'],
  ['unreachable', 'CONNECT_TIMEOUT'],
  ['unreachable', 'EHOSTUNREACH'],
  ['not_http', 'HPE_INVALID_CONSTANT'],
  ['connection_lost', 'ECONNRESET'],
];

const rows: Row[] = [
  ...connectionErrors.map(([code, errorCode]): Row => [code, 'unavailable', { metadata: false, errorCode }]),
  ['unreachable', 'unavailable', { metadata: false }],
  ['no_answer', 'unavailable', { metadata: false, connected: true }],
  ['credential_unusable', 'client_refused', {}],
  ['wrong_endpoint', 'wrong_endpoint', {}],
  ['credential_unavailable', 'credential_unavailable', {}],
  ['throttled', 'throttled', { metadata: false, status: 429 }],
  ['proxy_log_in', 'wrong_endpoint', { metadata: false, status: 407 }],
  ['redirected', 'wrong_endpoint', { metadata: false, status: 302 }],
  ['credential_refused', 'client_refused', { metadata: false, status: 401 }, 'invalid_client'],
  ['credential_refused', 'client_refused', { metadata: false, status: 400 }, 'invalid_client'],
  ['grant_not_enabled', 'client_refused', { metadata: false, status: 400 }, 'unauthorized_client'],
  ['wrong_endpoint', 'wrong_endpoint', { metadata: false, status: 400 }, 'unsupported_grant_type'],
  ['wrong_endpoint', 'unavailable', { metadata: false, status: 404, complete: true }],
  ['credential_refused', 'client_refused', { metadata: false, status: 401, complete: true }],
  ['wrong_endpoint', 'client_refused', { metadata: false, status: 403, complete: true }],
  ['scope_not_assigned', 'scope_refused', { metadata: false, status: 400 }, 'invalid_scope'],
  ['dpop_demanded', 'request_refused', { metadata: false, status: 400 }, 'invalid_dpop_proof'],
  ['dpop_demanded', 'request_refused', { metadata: false, status: 400 }, 'use_dpop_nonce'],
  ['target_not_allowed', 'scope_refused', { metadata: false, status: 400 }, 'invalid_target'],
  ['request_refused', 'request_refused', { metadata: false, status: 400 }, 'invalid_request'],
  ['server_down', 'unavailable', { metadata: false, status: 503 }],
  ['server_down', 'unavailable', { metadata: false, status: 400, complete: true }, 'temporarily_unavailable'],
  ['server_down', 'unavailable', { metadata: true, status: 502 }],
  ['metadata_unusable', 'wrong_endpoint', { metadata: true, status: 404, complete: true }],
  ['metadata_unusable', 'wrong_endpoint', { metadata: true, status: 302, complete: true }],
  ['answer_drips', 'unavailable', { metadata: false, status: 200, connected: true }],
  ['answer_is_a_page', 'malformed', { metadata: false, status: 200, complete: true, isPage: true }],
  ['answer_malformed', 'malformed', { metadata: false, status: 200, complete: true }],
];

describe('the cause of a failure', () => {
  it.each(rows)('is %s for %s and %j (%s)', (code, reason, seen, upstreamError) => {
    const failure = new UpstreamFailure(reason, 'as the broker says', { upstreamError });
    expect(causeOfFailure(failure, { ...noObservation, ...seen })).toBe(code);
  });
});
