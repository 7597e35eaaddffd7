/**
 * The own fields of a JSON object; undefined when the bytes are not UTF-8, not JSON or no object. In a map `__proto__`
 * is a name like any other, and of a duplicate name the last one counts.
 */
export function jsonFields(body: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isObject(value) ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
