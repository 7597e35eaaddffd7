import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { json } from 'node:stream/consumers';
import type { ListenSettings } from '../settings/settings.js';

/** Milliseconds: below the timeout of the image's HEALTHCHECK. */
const timeout = 2_000;

interface Answer {
  status: number | undefined;
  body: unknown;
}

/** What a running broker knows of a client. */
export interface RunningClient {
  name: string;
  quotas?: { window: string; limit: number; used: number }[];
  changedCredential?: 'on trial' | 'refused';
  changedCredentialSince?: string;
}

/** Where a broker with these settings listens on this machine. */
export function addressOf({ host, port, tls }: ListenSettings): string {
  const scheme = tls === undefined ? 'http' : 'https';
  if (host === '0.0.0.0') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  return host.includes(':') ? `${scheme}://[${host}]:${port}` : `${scheme}://${host}:${port}`;
}

/** By TLS, what answers there must have the certificate of the settings: the names in it are those of other machines. */
export function answerAt(url: string, { tls }: Pick<ListenSettings, 'tls'>): Promise<Answer> {
  const signal = AbortSignal.timeout(timeout);
  const own = {
    agent: false,
    signal,
    ca: tls?.certificate,
    allowPartialTrustChain: true,
    checkServerIdentity: () => undefined,
  };
  return new Promise((resolve, reject) => {
    const call = tls === undefined ? httpGet(url, { agent: false, signal }) : httpsGet(url, own);
    call.once('error', reject).once('response', (response) => {
      const { statusCode: status } = response;
      json(response)
        .catch(() => undefined)
        .then((body) => resolve({ status, body }));
    });
  });
}

/**
 * Of the broker of this machine that has these settings: undefined where none answers, or it asks for a log-in. A port of
 * 0 names none.
 */
export async function clientOfRunningBroker(
  name: string,
  management: ListenSettings,
): Promise<RunningClient | undefined> {
  if (management.port === 0) return undefined;
  try {
    const { body } = await answerAt(`${addressOf(management)}/api/tokens?limit=1`, management);
    const { clients } = Object(body) as { clients?: unknown };
    return Array.isArray(clients)
      ? (clients as RunningClient[]).find((client) => Object(client).name === name)
      : undefined;
  } catch {
    return undefined;
  }
}
