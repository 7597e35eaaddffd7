import { Agent, fetch, type Response as Answer } from 'undici';
import type { WorkloadIssuer } from './workload-issuer.js';

const maxBytes = 256 * 1024;

/** RFC 6750 §2.1 */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/** HTTP to one issuer: its certificates, our credential, no redirects, bounded bodies. */
export class IssuerConnection {
  readonly #agent: Agent;
  readonly #authorization: Readonly<Record<string, string>>;

  /** @throws TypeError when the bearer token is not one: as a header it would fail with its value in the message */
  constructor({ name, ca, bearerToken }: WorkloadIssuer) {
    if (bearerToken !== undefined && !b64token.test(bearerToken.reveal())) {
      throw new TypeError(`the bearerToken of the workload issuer ${name} is not a bearer token`);
    }
    this.#agent = new Agent({ connect: { ca } });
    this.#authorization = bearerToken ? { authorization: `Bearer ${bearerToken.reveal()}` } : {};
  }

  /**
   * The body of a 200.
   * @throws Error for any other status, a body over 256 KiB, an address that is not https, or when the signal aborts
   */
  async get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<string> {
    if (!isSafe(url)) throw new Error(`${url.href} must be an https URL`);
    const answer = await fetch(url, {
      dispatcher: this.#agent,
      headers: { ...headers, ...this.#authorization },
      redirect: 'manual',
      signal,
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Error(`${url.href} answered ${answer.status}`);
    }
    return bounded(answer);
  }

  /** Waits for what is in flight. */
  close(): Promise<void> {
    return this.#agent.close();
  }
}

/** Plain http is for this machine only: whoever can change the keys on their way can be any workload. */
function isSafe({ protocol, hostname }: URL): boolean {
  return (
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
  );
}

/** Counts after decompression, so that a small body cannot unfold into a large one. */
async function bounded(answer: Answer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`${answer.url} answered with more than 256 KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
