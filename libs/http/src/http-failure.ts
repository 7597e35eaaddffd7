/**
 * A request without a complete response. The error of the library is not kept as the cause: parser errors hold a piece
 * of the response, which may be a token.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';

  /**
   * @param code of Node.js or OpenSSL; `TIMEOUT` when the total deadline is over, `BODY_CUT` and `BODY_TIMEOUT` when the
   * response began, `NO_RESPONSE` when it was another protocol's, `UNKNOWN` where there is none. With
   * `PROXY_` in front it is about the connection to the proxy; `PROXY_HTTP_407` is a response of the proxy itself
   * @param proxy host and port of the proxy by which it was to be reached
   * @param certificateNames those of the server, when the host is none of them
   */
  constructor(
    url: URL,
    readonly code: string,
    readonly proxy?: string,
    readonly certificateNames?: string,
  ) {
    super(`${url.host} cannot be reached${byProxy(proxy)} (${code})`);
  }

  static of(url: URL, error: unknown, proxy?: string): HttpFailure {
    return new HttpFailure(url, errorCode(error) ?? 'UNKNOWN', proxy, namesOf(innermost(error)));
  }
}

/** ` by the proxy HOST:PORT`, or nothing. */
export function byProxy(proxy: string | undefined): string {
  return proxy === undefined ? '' : ` by the proxy ${proxy}`;
}

/** The code of Node.js or OpenSSL in an error or in its causes. */
export function errorCode(error: unknown): string | undefined {
  return codeOf(innermost(error));
}

/** Of several addresses that were tried, the error of the first counts. */
function innermost(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('unknown');
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function namesOf(error: Error): string | undefined {
  const { cert } = error as { cert?: { subjectaltname?: string } };
  return cert?.subjectaltname?.slice(0, 200);
}

/** A failed write says `EPROTO`, with the reason of OpenSSL in its message: it gets the code that a failed read has. */
function codeOf(error: Error): string | undefined {
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (reason !== undefined) return `ERR_SSL_${reason.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
