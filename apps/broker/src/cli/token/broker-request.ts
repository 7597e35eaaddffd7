import { Secret } from '#tokens/model/secret.js';

/** What a running broker answered to `GET /token`. */
export interface BrokerResponse {
  status: number;
  /** Undefined unless it is a token response. */
  token?: { value: Secret; expiresIn: number; refreshIn: number; scope: string } | undefined;
  error: string;
  description: string;
  upstreamError: string | undefined;
  /** As the header has it. */
  retryAfter: string | undefined;
}

/** The broker cannot be reached. The message is one word. */
export class BrokerUnreachable extends Error {
  override readonly name = 'BrokerUnreachable';
}

/** Milliseconds: the broker itself waits no longer than the `timeout` of a client, 60 s at most. */
const timeout = 70_000;

/** @throws BrokerUnreachable */
export async function requestToken(url: URL, credential: Secret): Promise<BrokerResponse> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${credential.reveal()}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return read(response, await response.text());
  } catch (error) {
    throw new BrokerUnreachable(reasonOf(error));
  }
}

function read({ status, headers }: Response, json: string): BrokerResponse {
  const body = fields(json);
  const value = body['access_token'];
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  const isToken = status === 200 && typeof value === 'string';
  return {
    status,
    token: isToken
      ? {
          value: new Secret(value),
          expiresIn: Number(body['expires_in']),
          refreshIn: Number(body['refresh_in']),
          scope: text('scope') ?? '',
        }
      : undefined,
    error: text('error') ?? 'not a response of a token broker',
    description: text('error_description') ?? 'check --url: it must be the consumer API of a broker',
    upstreamError: text('upstream_error'),
    retryAfter: headers.get('retry-after') ?? undefined,
  };
}

function fields(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'timeout';
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string') return one.code;
  }
  return 'no answer';
}
