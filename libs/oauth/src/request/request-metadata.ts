import { allowInsecureRequests, customFetch, discoveryRequest } from 'oauth4webapi';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { Answer } from '../answer.js';
import { judgeMetadata, type ServerMetadata } from './judge-metadata.js';
import { MalformedAnswer } from '../response/malformed-answer.js';
import { isSecureUrl } from '../secure-url.js';
import { userAgent, type Transport } from '../transport.js';

type Form = 'oauth2' | 'oidc';

/**
 * Asks an issuer for its metadata: in the form of RFC 8414, and when there is none to use, in that of OpenID Connect
 * Discovery. Some servers answer the path that they do not know with a page, others with 401.
 * @throws UpstreamFailure `unavailable` or `client_refused`, or the reason of the signal when it aborts
 */
export async function requestMetadata(
  issuer: URL,
  client: Client,
  transport: Transport,
  signal: AbortSignal,
): Promise<ServerMetadata> {
  if (!isSecureUrl(issuer)) throw unusable(issuer, client, 'its URL is not https');
  const faults: string[] = [];
  for (const form of ['oauth2', 'oidc'] as const) {
    const answer = await ask(issuer, form, transport, signal);
    try {
      return await judgeMetadata(issuer, answer);
    } catch (error) {
      if (!(error instanceof MalformedAnswer)) throw error;
      faults.push(`${form === 'oauth2' ? 'RFC 8414' : 'OpenID'}: ${error.message}`);
    }
  }
  throw unusable(issuer, client, faults.join('; '));
}

async function ask(issuer: URL, form: Form, transport: Transport, signal: AbortSignal): Promise<Answer> {
  const answer: unknown = await discoveryRequest(issuer, {
    algorithm: form,
    headers: { 'user-agent': userAgent },
    [allowInsecureRequests]: issuer.protocol === 'http:',
    // The library hands on what it is given, so this is the whole answer instead of a Response.
    [customFetch]: async (url, outgoing): Promise<never> =>
      (await transport.send(new URL(url), { ...outgoing, signal })) as never,
  });
  return answer as Answer;
}

function unusable(issuer: URL, client: Client, fault: string): UpstreamFailure {
  return new UpstreamFailure(
    'client_refused',
    `${issuer.host} gives no usable metadata for client ${client.name} (${fault}). Check issuer, or set tokenEndpoint instead.`,
  );
}
