import type { ClientCredential } from './client-credential.js';
import type { Outgoing } from '../transport.js';

/** Every secret in a token request, in the forms in which it was sent: a server may echo any of them. */
export function sentSecrets(credential: ClientCredential, { headers, body }: Outgoing): string[] {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers['authorization'] ?? '') ?? [];
  const decoded = Buffer.from(basic, 'base64').toString();
  return [
    'clientSecret' in credential ? credential.clientSecret.reveal() : '',
    body?.get('client_assertion') ?? '',
    basic,
    decoded.slice(decoded.indexOf(':') + 1),
  ];
}
