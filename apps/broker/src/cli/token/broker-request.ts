import { parseJsonObject } from '#tokens/model/json-object.js';
import { Secret } from '#tokens/model/secret.js';
import { type Call, CommandFailure, exitStatus, textIn, UsageError } from '../command.js';

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

/** `reason` is one word. */
export class BrokerUnreachable extends CommandFailure {
  constructor(
    { origin }: URL,
    readonly reason: string,
  ) {
    super(exitStatus.unreachable, 'unreachable', `${origin} cannot be reached (${reason})`);
  }
}

/** Milliseconds: the broker itself waits no longer than the `timeout` of a client, 60 s at most. */
const timeout = 70_000;

/** @throws BrokerUnreachable */
export async function requestToken(url: URL, credential: Secret): Promise<BrokerResponse> {
  return read(await answerOf(url, credential, { signal: AbortSignal.timeout(timeout) }));
}

export interface Answer {
  response: Response;
  /** Undefined unless it is a JSON object. */
  body: ReadonlyMap<string, unknown> | undefined;
}

/** @throws BrokerUnreachable */
export async function answerOf(url: URL, credential: Secret | undefined, init: RequestInit): Promise<Answer> {
  const authorization = credential && { authorization: `Bearer ${credential.reveal()}` };
  try {
    const headers = { ...(init.headers as Record<string, string>), ...authorization };
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    return { response, body: parseJsonObject(await response.text()) };
  } catch (error) {
    throw new BrokerUnreachable(url, reasonOf(error));
  }
}

/** That of `--url`. @throws UsageError, with the command and what it needs */
export function brokerUrl(call: Call, command: string, needed: string): URL {
  const url = URL.parse(call.text('url') ?? '');
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError(`${command}: ${needed}`);
  if (url.username === '' && url.password === '') return url;
  throw new UsageError(`${command}: --url must not contain a credential`);
}

/**
 * What the caller authenticates with to a running broker: of --credential-file or TOKEN_BROKER_CREDENTIAL, never from the
 * command line, which others see. Undefined when neither is there. @throws UsageError
 */
export function credentialOf(call: Call, environment: NodeJS.ProcessEnv): Secret | undefined {
  const file = call.text('credential-file');
  const text = file === undefined ? environment['TOKEN_BROKER_CREDENTIAL'] : textIn(file);
  if (text === undefined) return undefined;
  // What a header cannot hold would come back in an error message.
  if (/^[\x21-\x7E]+$/.test(text.trim())) return new Secret(text.trim());
  throw new UsageError('the credential must be one line of visible ASCII');
}

function read({ response: { status, headers }, body }: Answer): BrokerResponse {
  const value = body?.get('access_token');
  const text = (name: string) => {
    const field = body?.get(name);
    return typeof field === 'string' ? field : undefined;
  };
  const isToken = status === 200 && typeof value === 'string';
  return {
    status,
    token: isToken
      ? {
          value: new Secret(value),
          expiresIn: Number(body?.get('expires_in')),
          refreshIn: Number(body?.get('refresh_in')),
          scope: text('scope') ?? '',
        }
      : undefined,
    error: text('error') ?? 'not a response of a token broker',
    description: text('error_description') ?? 'check --url: it must be the consumer API of a broker',
    upstreamError: text('upstream_error'),
    retryAfter: headers.get('retry-after') ?? undefined,
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'timeout';
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string') return one.code;
  }
  return 'no answer';
}
