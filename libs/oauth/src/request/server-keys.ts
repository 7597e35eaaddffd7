import { type HttpClient } from '#http/http-client.js';
import { type HttpResponse, jsonObjectIn, maxBodySize } from '#http/http-response.js';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { sendFor } from '../network-failure.js';

/** Ids of keys; undefined where they do not say which keys there are. */
export type KeyIds = ReadonlySet<string> | undefined;

/** The public keys of an authorization server (RFC 7517 §5), read by conditional requests (RFC 9110 §13.1). */
export class ServerKeys {
  #last: { url: string; validators: Readonly<Record<string, string>>; ids: KeyIds } | undefined;

  constructor(
    private readonly client: Client,
    private readonly http: HttpClient,
  ) {}

  /** @throws UpstreamFailure `unavailable` when they cannot be read */
  async read(url: URL, signal: AbortSignal): Promise<KeyIds> {
    const last = this.#last?.url === url.href ? this.#last : undefined;
    const headers = { accept: 'application/jwk-set+json, application/json', ...last?.validators };
    const response = await sendFor(this.client, this.http, url, { headers, signal });
    if (last !== undefined && response.status === 304) return last.ids;
    const ids = this.#idsIn(response, url);
    this.#last = { url: url.href, validators: validatorsOf(response), ids };
    return ids;
  }

  /** Of a set without keys, or with a key that has no id, nothing can be concluded: any key may have signed. */
  #idsIn(response: HttpResponse, url: URL): KeyIds {
    const { status, body } = response;
    if (status !== 200) throw this.#unreadable(url, `HTTP ${status}`);
    if (body.length > maxBodySize) throw this.#unreadable(url, 'more than 256 KiB');
    const keys = jsonObjectIn(response)?.get('keys');
    if (!Array.isArray(keys)) throw this.#unreadable(url, 'no key set');
    const ids = keys.map((key: unknown) => (Object(key) as { kid?: unknown }).kid);
    const areIds = ids.length > 0 && ids.every((id) => typeof id === 'string' && id !== '');
    return areIds ? new Set(ids as string[]) : undefined;
  }

  #unreadable({ host, pathname }: URL, fault: string): UpstreamFailure {
    return new UpstreamFailure(
      'unavailable',
      `The keys of the authorization server of client ${this.client.name} cannot be read: ${host}${pathname} answered with ${fault}. Check jwksUri or the metadata of the issuer.`,
    );
  }
}

function validatorsOf({ headers }: HttpResponse): Readonly<Record<string, string>> {
  const [etag, modified] = [headers.get('etag'), headers.get('last-modified')];
  if (etag !== null) return { 'if-none-match': etag };
  return modified === null ? {} : { 'if-modified-since': modified };
}
