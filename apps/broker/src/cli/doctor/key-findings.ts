import { HttpClient } from '#http/http-client.js';
import { decodeText } from '#http/header-fields.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import type { Secret } from '#tokens/model/secret.js';
import { jwtKeyId } from '#tokens/model/unverified-jwt.js';
import type { ConnectedClient } from '../../core/connected-client.js';
import { type Finding, warning } from './finding.js';

/** Whether the keys that have signed these tokens are among those that the authorization server publishes. */
export async function keyFindings(client: ConnectedClient, tokens: readonly Secret[]): Promise<Finding[]> {
  const signers = new Set(tokens.flatMap((token) => jwtKeyId(token) ?? []));
  if (client.keySet === undefined || signers.size === 0) return [];
  try {
    const published = await client.server.publishedKeyIds();
    if (published === undefined || [...signers].every((id) => published.has(id))) return [];
    return [
      warning(
        'key_not_published',
        `None of its ${published.size} published keys has the \`kid\` of the token.`,
        [
          'an API that verifies tokens by that key set refuses it: inform the operator of the authorization server',
          'or jwksUri of this client names the keys of another server',
        ],
      ),
    ];
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return [
      warning('keys_unreadable', error.message, [
        'no token is renewed because its key is removed; set jwksUri of this client, or jwksCheckInterval: 0 where there are none',
      ]),
    ];
  }
}

/** Milliseconds. */
const timeout = 5_000;

/** Whether the keys that the broker makes itself are published where an authorization server is to read them. */
export async function ownKeyFindings(jwksUri: string, keyId: string | undefined): Promise<Finding[]> {
  const unreachable = (detail: string, hint: string) => [warning('own_keys_unreachable', detail, [hint])];
  const http = new HttpClient({ timeout });
  try {
    const { status, headers, body } = await http.send(new URL(jwksUri), { headers: {} });
    if (status !== 200) {
      return unreachable(
        `${jwksUri} answered HTTP ${status}.`,
        "see that publicUrl leads to the consumers' port, and that what stands before it lets /oauth2/ pass",
      );
    }
    const keys = parseJsonObject(decodeText(body, headers.get('content-type')))?.get('keys');
    const ids = Array.isArray(keys) ? keys.map((key: unknown) => (Object(key) as { kid?: unknown }).kid) : [];
    if (keyId === undefined || ids.includes(keyId)) return [];
    return unreachable(
      `${jwksUri} has ${ids.length} keys, and not the one that signs now.`,
      'another broker answers there, with another store or other settings',
    );
  } catch (error) {
    return unreachable(
      `${jwksUri} cannot be read: ${error instanceof Error ? error.message : 'unknown'}.`,
      'see that the broker runs and that publicUrl is its address; from here the way may be another than from the authorization server',
    );
  } finally {
    await http.close();
  }
}
