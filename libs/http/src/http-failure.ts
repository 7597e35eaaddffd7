/**
 * A request without a complete response. The error of the library is not kept as the cause: parser errors hold a piece
 * of the response, which may be a token.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';

  /** @param code of Node.js, OpenSSL or undici; `TIMEOUT` when the total deadline is over, `UNKNOWN` where there is none */
  constructor(
    url: URL,
    readonly code: string,
  ) {
    super(`${url.host} cannot be reached (${code})`);
  }

  static of(url: URL, error: unknown): HttpFailure {
    return new HttpFailure(url, codeOf(innermost(error)) ?? 'UNKNOWN');
  }
}

/** Whether a body was not compressed as its header says: by gzip or deflate, Brotli, Zstandard. */
export function isUndecodable(error: unknown): boolean {
  return /^(?:Z_|ERR__ERROR_|ZSTD_)/.test(codeOf(innermost(error)) ?? '');
}

function innermost(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('unknown');
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
