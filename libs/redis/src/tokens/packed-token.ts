/** An access token as bytes; `form` says how to read them: the lengths of its parts, or that they are its text. */
export interface PackedToken {
  form: string;
  bytes: Buffer;
}

const asText = '-';

/**
 * Most access tokens are base64url, in one part or in several with dots between (JWT: RFC 7515 §7.1). The bytes that it
 * stands for are a quarter fewer. That is no compression: how many they are tells nothing of what they say.
 */
export function packToken(token: string): PackedToken {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  const packed = { form: parts.map(({ length }) => length).join('.'), bytes: Buffer.concat(parts) };
  const isShorter = packed.form.length + packed.bytes.length < token.length;
  if (isShorter && unpackToken(packed) === token) return packed;
  return { form: asText, bytes: Buffer.from(token, 'latin1') };
}

/** Undefined when the form is not that of the bytes; never throws. */
export function unpackToken({ form, bytes }: PackedToken): string | undefined {
  if (form === asText) return bytes.toString('latin1');
  let end = 0;
  const parts = form.split('.').map((length) => bytes.toString('base64url', end, (end += Number(length))));
  return end === bytes.length ? parts.join('.') : undefined;
}
