import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';

/**
 * What an error of undici means. It is not kept as the cause: parser errors hold a piece of the answer,
 * which may be a token.
 */
export function networkFailure(error: unknown, { host }: URL, client: Client): UpstreamFailure {
  const code = codeOf(innermost(error)) ?? 'no answer';
  return new UpstreamFailure(
    'unavailable',
    `${host} cannot be reached for client ${client.name} (${code}). ${advice(code)}`,
  );
}

/** When the client's total deadline is over. */
export function lateFailure({ name, options }: Client): UpstreamFailure {
  return new UpstreamFailure(
    'unavailable',
    `The authorization server of client ${name} gave no complete answer within ${options.timeout} ms. ` +
      'Check the network between the broker and it, or raise timeout in the settings of this client.',
  );
}

/** Whether a body was not compressed as its header said: by gzip or deflate, Brotli, Zstandard. */
export function isUndecodable(error: unknown): boolean {
  return /^(?:Z_|ERR__ERROR_|ZSTD_)/.test(codeOf(innermost(error)) ?? '');
}

function advice(code: string): string {
  if (/CERT|SELF_SIGNED|ISSUER|LEAF_SIGNATURE|TLS|SSL|EPROTO/.test(code)) {
    return 'The TLS handshake failed: check ca (and certificate and key) of this client, and the host in tokenEndpoint or issuer.';
  }
  if (code === 'ENOTFOUND') return 'The name does not resolve: check the host in tokenEndpoint or issuer.';
  return 'Check the network between the broker and it, and that it is up.';
}

function innermost(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('unknown');
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
