import { TokenBrokerError, type TokenBrokerErrorCode } from './token-broker-error.js';

export interface HttpResponse {
  status: number;
  headers: Headers;
  body: string;
}

/** A token response of the broker; durations in seconds. */
export interface TokenResponse {
  accessToken: string;
  expiresIn: number;
  scope: string;
  refreshIn: number;
}

const codes = new Set<string>([
  'invalid_request',
  'invalid_scope',
  'invalid_client',
  'access_denied',
  'slow_down',
  'upstream_rejected',
  'upstream_malformed',
  'temporarily_unavailable',
] satisfies TokenBrokerErrorCode[]);

/** @throws TokenBrokerError the broker's error, or `unexpected_answer` */
export function processTokenResponse(response: HttpResponse): TokenResponse {
  const fields = fieldsOf(response.body);
  if (response.status !== 200) throw brokerError(response, fields);
  const {
    access_token: accessToken,
    token_type: type,
    expires_in: expiresIn,
    refresh_in: refreshIn,
  } = fields;
  const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer';
  const isToken = typeof accessToken === 'string' && /^[\x21-\x7E]+$/.test(accessToken);
  if (!isBearer || !isToken || !isDuration(expiresIn)) throw unexpectedAnswer(response, 'no token response');
  const scope = textOf(fields['scope']) ?? '';
  return { accessToken, expiresIn, scope, refreshIn: isDuration(refreshIn) ? refreshIn : expiresIn * 0.8 };
}

function brokerError(response: HttpResponse, fields: Record<string, unknown>): TokenBrokerError {
  const code = textOf(fields['error']) ?? '';
  if (!codes.has(code)) return unexpectedAnswer(response, 'not a response of a token broker');
  const description = textOf(fields['error_description']);
  const message = `the token broker answered ${response.status} ${code}: ${description ?? 'no description'}`;
  return new TokenBrokerError(code as TokenBrokerErrorCode, message, {
    status: response.status,
    description,
    upstreamError: textOf(fields['upstream_error']),
    retryAfter: retryAfterOf(response),
  });
}

/** The body is left out: it may hold anything. */
function unexpectedAnswer(response: HttpResponse, what: string): TokenBrokerError {
  const { status } = response;
  const message = `${what} with status ${status}: is this the URL of a token broker?`;
  return new TokenBrokerError('unexpected_answer', message, { status, retryAfter: retryAfterOf(response) });
}

function fieldsOf(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Seconds (RFC 9110 §10.2.3); a date, as a proxy may send, counts from the response's own. */
function retryAfterOf({ headers }: HttpResponse): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) || undefined;
  const wait = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000;
  return wait > 0 ? wait : undefined;
}
