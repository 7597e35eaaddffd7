import type { IncomingHttpHeaders } from 'node:http';

/** A token request as it arrived, not validated. */
export interface TokenRequest {
  headers: IncomingHttpHeaders;
  parameters: URLSearchParams;
}

/** RFC 6749 §5.2; `invalid_target` is of RFC 8707 §2. */
export type OAuthErrorCode =
  'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope' | 'invalid_target';

/** A token request that is refused. The message becomes the `error_description`. */
export class OAuthError extends Error {
  constructor(
    readonly code: OAuthErrorCode,
    description: string,
  ) {
    super(description);
    this.name = 'OAuthError';
  }
}

/** RFC 6749 §5.2. */
export function statusOf(code: string): number {
  return code === 'invalid_client' ? 401 : 400;
}

/** RFC 6749 §3.2: form-encoded, and no parameter twice; RFC 8707 §2 lets `resource` repeat. */
export function checkForm({ headers, parameters }: TokenRequest): void {
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new OAuthError('invalid_request', 'the content type must be application/x-www-form-urlencoded');
  }
  for (const name of new Set(parameters.keys())) {
    if (name !== 'resource' && parameters.getAll(name).length > 1) {
      throw new OAuthError('invalid_request', 'a parameter is repeated');
    }
  }
}

/** RFC 6749 §3.2: a parameter without a value counts as omitted. */
export function parameter({ parameters }: TokenRequest, name: string): string | undefined {
  return parameters.get(name) || undefined;
}
