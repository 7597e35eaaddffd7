/** Type and subtype of a `Content-Type` in lower case, without parameters (RFC 9110 §8.3.1); '' when it is absent. */
export function mediaType(contentType: string | null | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The text of a body by the `charset` of its `Content-Type`, by UTF-8 where that is absent or unknown. Bytes that do not
 * decode become U+FFFD: they may stand in a field that is not used.
 */
export function decodeText(body: Uint8Array, contentType: string | null): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  return decoderOf(charset).decode(body);
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
