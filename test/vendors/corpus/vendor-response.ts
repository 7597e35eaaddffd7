import type { UpstreamFailureReason } from '#tokens/model/failures.js';
import type { ResponseAnomaly } from '#tokens/ports/authorization-server.js';

/** A response of a vendor's token endpoint, with fake values, and what it means. */
export interface VendorResponse {
  /** What is particular about it. */
  title: string;
  /** The address of the page, issue or source that describes it. */
  source: string;
  status: number;
  /** `content-type: application/json` where missing. */
  headers?: Record<string, string>;
  /** Sent as it is when a string, else as JSON. */
  body: unknown;
  /** The scopes of the token request; none where missing. */
  requested?: string;
  /** The client's setting of that name. */
  acceptTokenTypes?: string[];
  /** The client's setting of that name. */
  responseFields?: Record<string, string>;
  /** The token expected. Lifetimes are seconds. */
  token?: {
    lifetime: number | 'default';
    scopes: string;
    anomalies?: ResponseAnomaly[];
    refreshIn?: number;
  };
  /** The failure expected, where there is no token. */
  failure?: {
    reason: UpstreamFailureReason;
    upstreamError?: string;
    /** Seconds. */
    retryAfter?: number;
  };
}

/** A JWT with these claims, without a signature. */
export function someJwt(claims: Record<string, number>): string {
  const parts = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return [...parts, 'not-a-real-signature'].join('.');
}
