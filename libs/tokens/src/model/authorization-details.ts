import { Failure } from './failures.js';

const maxLength = 4_096;
const maxDetails = 20;

/**
 * Authorization details (RFC 9396 §2): each an object with a `type`, as JSON whose keys are sorted, so that two that say
 * the same are the same text. Their order means nothing.
 * @throws Failure `invalid_request`
 */
export function parseAuthorizationDetails(json: string): readonly string[] {
  const details = json.length <= maxLength ? parsed(json) : undefined;
  if (Array.isArray(details) && details.length <= maxDetails && details.every(isAuthorizationDetail)) {
    return [...new Set(details.map(canonicalJson))].toSorted();
  }
  throw new Failure(
    'invalid_request',
    `authorization_details must be a JSON list of at most ${maxDetails} objects with a type (RFC 9396), of ${maxLength} characters in all, with numbers up to 2^53 - 1`,
  );
}

export function isAuthorizationDetail(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return 'type' in value && typeof value.type === 'string' && value.type !== '';
}

/** Whether a target of a token request is one, and no resource: a URI begins with a letter. */
export function isCanonicalDetail(target: string): boolean {
  return target.startsWith('{');
}

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** A number that would be sent as another one is no number that may be asked for. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json, (_key, value: unknown) => {
      if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) throw new RangeError();
      return value;
    });
  } catch {
    return undefined;
  }
}
