/** What is wrong, odd, or merely worth knowing. Only faults make the exit status 1. */
export type Severity = 'fault' | 'warning';

/** Stable, for scripts. */
export type FindingCode = keyof typeof titles;

/** What each is called, before the particulars. */
export const titles = {
  address_unreachable: 'not every address of the host answers',
  answer_drips: 'the response body is sent too slowly or ends early',
  answer_is_a_page: 'a page (HTML) instead of a token',
  answer_malformed: 'the response is not a token response',
  body_format: 'the token endpoint expects another request format',
  certificate_ends_soon: "the server's certificate expires soon",
  client_certificate_ended: 'the client certificate has expired',
  client_certificate_ends_soon: 'the client certificate expires soon',
  changed_credential_refused: 'a changed credential is refused; the previous one is still in use',
  clock_skew: 'the clocks differ',
  connection_lost: 'the connection is closed without a response',
  credential_expired: 'the credential has expired',
  credential_expires_soon: 'the credential expires soon',
  credential_refused: 'wrong credentials',
  credential_unavailable: 'the credential cannot be read now',
  credential_unusable: 'the credential cannot be used',
  details_refused: 'authorization details are refused',
  dpop_demanded: 'this server demands DPoP',
  first_secret_refused: 'the first of two credentials is refused, the other is good',
  grant_not_enabled: 'the client may not use client_credentials',
  listener_certificate_ended: "the broker's own certificate has expired",
  listener_certificate_ends_soon: "the broker's own certificate expires soon",
  listener_certificate_wrong_name: "the broker's own certificate is for another name",
  key_not_published: 'the token is signed by a key that its server does not publish',
  keys_unreadable: 'the public keys of the authorization server cannot be read',
  lifetime_capped: 'the lifetime is longer than the broker accepts',
  lifetime_missing: 'the response has no lifetime',
  lifetime_short: 'the lifetime of tokens is very short',
  metadata_unusable: 'no usable metadata at the issuer',
  name_server_slow: 'the name server answers late, or not at all',
  name_unresolved: 'the host name does not resolve',
  no_answer: 'no response in time',
  not_http: 'what answers there does not speak HTTP',
  one_token_at_a_time: 'a new token invalidates the previous one',
  own_keys_unreachable: "the broker's own public keys are not where the authorization server reads them",
  proxy_log_in: 'a proxy requires a log-in',
  proxy_refused: 'the proxy does not connect to the authorization server',
  proxy_unreachable: 'the proxy cannot be reached',
  quota_too_small: 'the tokens in use need more token requests than the quota grants',
  redirected: 'the token endpoint redirects',
  refused_connection: 'nothing listens there',
  request_refused: 'the token request is refused',
  scope_not_assigned: 'a scope is not assigned to the client',
  scope_narrower: 'less is granted than asked for',
  scope_wider: 'more is granted than asked for',
  server_down: 'the authorization server reports an error of its own',
  slow: 'the response is slow',
  target_not_allowed: 'a resource is not allowed for the client',
  throttled: 'the authorization server throttles',
  tls_client_certificate: 'the TLS handshake fails over the client certificate',
  tls_expired: "the server's certificate has expired",
  tls_failed: 'the TLS handshake fails',
  tls_not_spoken: 'what answers there does not speak TLS',
  tls_not_yet_valid: "the server's certificate is not valid yet",
  tls_unknown_authority: "an unknown authority signed the server's certificate",
  tls_wrong_name: "the server's certificate is for another name",
  token_bound: 'the token is bound to a certificate or key',
  unreachable: 'no connection can be made',
  wrong_endpoint: 'this is not a token endpoint',
} as const;

export interface Finding {
  code: FindingCode;
  severity: Severity;
  /** One sentence or more. */
  detail: string;
  /** What points to the cause, or what to do: one line each. */
  hints: readonly string[];
}

export function fault(code: FindingCode, detail: string, hints: readonly string[] = []): Finding {
  return { code, severity: 'fault', detail, hints };
}

export function warning(code: FindingCode, detail: string, hints: readonly string[] = []): Finding {
  return { code, severity: 'warning', detail, hints };
}
