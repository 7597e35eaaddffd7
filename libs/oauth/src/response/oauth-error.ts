import type { Answer } from '../answer.js';
import { jsonFields } from './json-fields.js';

/** An error answer (RFC 6749 §5.2), in the words of the authorization server: not yet fit for a message. */
export interface OAuthError {
  code: string;
  description: string | undefined;
}

/** Undefined when the body is not a JSON object with a string `error`. */
export function readOAuthError({ body }: Answer): OAuthError | undefined {
  const fields = jsonFields(body);
  const code = fields?.get('error');
  const description = fields?.get('error_description');
  if (typeof code !== 'string' || code === '') return undefined;
  return { code, description: typeof description === 'string' ? description : undefined };
}
