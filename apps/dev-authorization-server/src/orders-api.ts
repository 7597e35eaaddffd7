import { type AccessTokens, InvalidToken } from './access-tokens.js';
import { type Answer, jsonAnswer } from './answer.js';

const requiredScope = 'api:partner';

/** `GET /partner/v1/orders`: tells whose token it was called with (RFC 6750). */
export async function ordersAnswer(authorization: string | undefined, tokens: AccessTokens): Promise<Answer> {
  const token = /^bearer +(.*)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return unauthenticated();
  try {
    const claims = await tokens.verify(token);
    const scopes = String(claims.scope).split(' ');
    if (!scopes.includes(requiredScope)) {
      return refused(403, 'insufficient_scope', `the scope ${requiredScope} is needed`, requiredScope);
    }
    return jsonAnswer(200, { client: claims.client_id, scopes });
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    return refused(401, 'invalid_token', error.message);
  }
}

/** RFC 6750 §3.1: a request that tried no token is not told of an error. */
function unauthenticated(): Answer {
  return jsonAnswer(
    401,
    { error_description: 'call with Authorization: Bearer <token>' },
    { 'www-authenticate': 'Bearer realm="partner API"' },
  );
}

function refused(status: number, error: string, description: string, scope?: string): Answer {
  const challenge = [`Bearer realm="partner API"`, `error="${error}"`, `error_description="${description}"`];
  if (scope !== undefined) challenge.push(`scope="${scope}"`);
  return jsonAnswer(
    status,
    { error, error_description: description },
    { 'www-authenticate': challenge.join(', ') },
  );
}
