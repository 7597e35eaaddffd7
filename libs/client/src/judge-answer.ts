import { TokenBrokerError, type TokenBrokerErrorCode } from './token-broker-error.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** A token answer of the broker; durations in seconds. */
export interface TokenAnswer {
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

/** @throws TokenBrokerError what the broker said, or `unexpected_answer` */
export function judgeAnswer(answer: Answer): TokenAnswer {
  const fields = fieldsOf(answer.body);
  if (answer.status !== 200) throw refusal(answer, fields);
  const {
    access_token: accessToken,
    token_type: type,
    expires_in: expiresIn,
    refresh_in: refreshIn,
  } = fields;
  const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer';
  const isToken = typeof accessToken === 'string' && /^[\x21-\x7E]+$/.test(accessToken);
  if (!isBearer || !isToken || !isDuration(expiresIn)) throw unexpected(answer, 'no token response');
  const scope = textOf(fields['scope']) ?? '';
  return { accessToken, expiresIn, scope, refreshIn: isDuration(refreshIn) ? refreshIn : expiresIn * 0.8 };
}

function refusal(answer: Answer, fields: Record<string, unknown>): TokenBrokerError {
  const code = textOf(fields['error']) ?? '';
  if (!codes.has(code)) return unexpected(answer, 'nothing that a token broker says');
  const description = textOf(fields['error_description']);
  const message = `the token broker answered ${answer.status} ${code}: ${description ?? 'no description'}`;
  return new TokenBrokerError(code as TokenBrokerErrorCode, message, {
    status: answer.status,
    description,
    upstreamError: textOf(fields['upstream_error']),
    retryAfter: retryAfterOf(answer),
  });
}

/** What stands in the body stays out: it may be anything. */
function unexpected(answer: Answer, what: string): TokenBrokerError {
  const { status } = answer;
  const message = `${what} with status ${status}: is this the URL of a token broker?`;
  return new TokenBrokerError('unexpected_answer', message, { status, retryAfter: retryAfterOf(answer) });
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

/** Seconds (RFC 9110 §10.2.3); a date, as a proxy may send, counts from the answer's own. */
function retryAfterOf({ headers }: Answer): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) || undefined;
  const wait = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000;
  return wait > 0 ? wait : undefined;
}
