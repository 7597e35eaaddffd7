import { JSON_ATTRIBUTE_COMPARISON, processDiscoveryResponse, type AuthorizationServer } from 'oauth4webapi';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { bodyLimit, type Answer } from '../answer.js';
import { MalformedAnswer } from '../response/malformed-answer.js';
import { retryAfter } from '../response/retry-after.js';
import { isSecureUrl } from '../secure-url.js';

export interface ServerMetadata {
  issuer: string;
  tokenEndpoint: URL;
  /** For clients that prove themselves by a certificate (RFC 8705 §5); often the same. */
  mtlsTokenEndpoint: URL;
}

/**
 * Judges the answer to a metadata request (RFC 8414 §3.2).
 * @throws UpstreamFailure `unavailable` when another time may do, MalformedAnswer when these are not its metadata
 */
export async function judgeMetadata(issuer: URL, answer: Answer): Promise<ServerMetadata> {
  const { status, headers, body } = answer;
  if (status === 408 || status === 429 || status >= 500) {
    throw new UpstreamFailure(
      'unavailable',
      `${issuer.host} answered HTTP ${status} instead of its metadata. The broker asks again after a pause.`,
      { retryAfter: retryAfter(headers) },
    );
  }
  if (status !== 200) throw new MalformedAnswer(`HTTP ${status}`);
  if (body.length > bodyLimit) throw new MalformedAnswer('too large');
  const metadata = await readMetadata(issuer, body);
  const aliases = metadata.mtls_endpoint_aliases;
  return {
    issuer: metadata.issuer,
    tokenEndpoint: readEndpoint(metadata.token_endpoint),
    mtlsTokenEndpoint: readEndpoint(aliases?.token_endpoint ?? metadata.token_endpoint),
  };
}

async function readMetadata(issuer: URL, body: Uint8Array): Promise<AuthorizationServer> {
  try {
    return await processDiscoveryResponse(issuer, new Response(Buffer.from(body)));
  } catch (error) {
    const other = error instanceof Error && 'code' in error && error.code === JSON_ATTRIBUTE_COMPARISON;
    throw new MalformedAnswer(other ? 'it names another issuer' : 'not a metadata document');
  }
}

function readEndpoint(value: unknown): URL {
  if (value === undefined) throw new MalformedAnswer('no token_endpoint');
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url || !isSecureUrl(url)) throw new MalformedAnswer('its token_endpoint is no https URL');
  return url;
}
