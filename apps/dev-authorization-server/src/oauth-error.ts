/** RFC 6749 §5.2; `invalid_target` is of RFC 8707 §2. */
export type OAuthErrorCode =
  'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope' | 'invalid_target';

/** A token request that is refused. The message becomes the `error_description`. */
export class OAuthError extends Error {
  constructor(
    readonly code: OAuthErrorCode,
    description: string,
    options?: ErrorOptions,
  ) {
    super(description, options);
    this.name = 'OAuthError';
  }

  get status(): number {
    return statusOf(this.code);
  }
}

export function statusOf(code: string): number {
  return code === 'invalid_client' ? 401 : 400;
}
