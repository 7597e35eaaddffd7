import { Secret } from '#tokens/model/secret.js';

/** What a running broker answered to `GET /token`. */
export interface BrokerAnswer {
  status: number;
  /** Undefined unless it is a token answer. */
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
const patience = 70_000;

/** @throws BrokerUnreachable */
export async function askBroker(url: URL, credential: Secret): Promise<BrokerAnswer> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${credential.reveal()}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    });
    return read(response, await response.text());
  } catch (error) {
    throw new BrokerUnreachable(reasonOf(error));
  }
}

function read({ status, headers }: Response, text: string): BrokerAnswer {
  const body = fields(text);
  const value = body['access_token'];
  const told = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  const isToken = status === 200 && typeof value === 'string';
  return {
    status,
    token: isToken
      ? {
          value: new Secret(value),
          expiresIn: Number(body['expires_in']),
          refreshIn: Number(body['refresh_in']),
          scope: told('scope') ?? '',
        }
      : undefined,
    error: told('error') ?? 'not an answer of the broker',
    description: told('error_description') ?? 'check --url: it must be the consumers’ side of a broker',
    upstreamError: told('upstream_error'),
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
