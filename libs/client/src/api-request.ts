/**
 * The origins that a token may be sent to. Without a list it is the one of the base URL or, without that, the one of the
 * first request.
 */
export class ApiOrigins {
  readonly #listed: ReadonlySet<string> | undefined;
  #first: string | undefined;

  /** @throws TypeError for what is no http or https URL */
  constructor(origins: readonly (string | URL)[] | undefined) {
    this.#listed = origins && new Set(origins.map(listedOrigin));
  }

  /** Whether a token may go there: not with other credentials in the URL, and not without a host. */
  allows(url: string | URL, base?: string): boolean {
    const origin = originOf(url);
    if (origin === undefined) return false;
    if (this.#listed !== undefined) return this.#listed.has(origin);
    const own = base === undefined ? undefined : originOf(base);
    return origin === (own ?? (this.#first ??= origin));
  }
}

/**
 * Scheme, host and port in their one form. A trailing dot makes no other host of a name that has further dots, as that
 * is looked up from the root in any case (RFC 1034 §3.1). Undefined for what no request with a token can go to.
 */
function originOf(text: string | URL): string | undefined {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  url.hostname = url.hostname.replace(/(\..*)\.$/, '$1');
  return url.origin;
}

function listedOrigin(text: string | URL): string {
  const origin = originOf(text);
  if (origin === undefined)
    throw new TypeError('origins must be http or https URLs, without user and password');
  return origin;
}

/** Whether a body can be sent twice: it is no stream, which is gone once it has been read. */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true;
  return (
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  );
}
