/**
 * The own members of a JSON object; undefined when the text is not JSON or not an object. The parser's own error is
 * dropped, as it quotes the text. In a map `__proto__` is a name like any other; of a duplicate name the last one counts.
 */
export function parseJsonObject(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
