import { IsIn } from 'class-validator';
import { signingAlgorithms, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import { AssertionSchema, ClientAssertionSchema } from './assertion.js';
import { IsInstantOrPair } from './instant.js';
import { One } from './nested.js';
import { Description, IsLineOrPair, Optional } from './rules.js';
import { IsSecretOrRotation, type TextOrFile } from './text-or-file.js';

export const clientAuthentications = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'client_assertion',
  'none',
] as const;

/** How a client proves who it is. */
export class ClientCredentialSchema {
  @Description(
    'How the client authenticates (RFC 6749 §2.3.1, RFC 7523, RFC 8705). Default with the grant jwt-bearer: none.',
    { default: 'client_secret_basic' },
  )
  @Optional()
  @IsIn(clientAuthentications, { message: `must be one of ${clientAuthentications.join(', ')}` })
  clientAuthentication?: (typeof clientAuthentications)[number];

  @Description(
    'The secret, for client_secret_basic and client_secret_post. A list of two during a rotation: the second is tried when the first is refused.',
  )
  @Optional()
  @IsSecretOrRotation()
  clientSecret?: TextOrFile | TextOrFile[];

  @Description(
    'When the secret or key expires: a date or an instant (ISO 8601), or a list of one for each of two secrets. Of a certificate it is read.',
    { examples: ['2027-03-31'] },
  )
  @Optional()
  @IsInstantOrPair()
  expiresAt?: string | string[];

  @Description(
    'For client_secret_basic: how id and secret are encoded: `form` (RFC 6749 §2.3.1), or `none` for servers that do not decode them.',
  )
  @IsIn(['form', 'none'], { message: 'must be one of form, none' })
  basicEncoding: 'form' | 'none' = 'form';

  @Description(
    'For private_key_jwt and the grant jwt-bearer: the private key that signs the assertion, unencrypted PEM or a JWK. A list of two during a rotation: the second is tried when the first is refused.',
  )
  @Optional()
  @IsSecretOrRotation()
  privateKey?: TextOrFile | TextOrFile[];

  @Description(
    'The `kid` under which the authorization server knows the private key; a list for a list of keys.',
  )
  @Optional()
  @IsLineOrPair()
  keyId?: string | string[];

  @Description(
    'For private_key_jwt and the grant jwt-bearer: how the assertion is signed. Default by the key: RS256, PS256, ES256, ES384, ES512 or EdDSA.',
  )
  @Optional()
  @IsIn(signingAlgorithms, { message: `must be one of ${signingAlgorithms.join(', ')}` })
  algorithm?: SigningAlgorithm;

  @Description(
    '`managed` in place of `privateKey`: the broker makes the keys itself, publishes them at /.well-known/jwks.json and rotates them.',
  )
  @Optional()
  @IsIn(['managed'], { message: 'must be managed' })
  keys?: 'managed';

  @Description('What the assertion says that `privateKey` signs.')
  @Optional()
  @One(AssertionSchema)
  assertion?: AssertionSchema;

  @Description(
    'The client certificate and those between it and its root, PEM. For tls_client_auth and self_signed_tls_client_auth; with any other client authentication it is shown besides. A list of two during a rotation.',
  )
  @Optional()
  @IsSecretOrRotation()
  certificate?: TextOrFile | TextOrFile[];

  @Description('The private key of the certificate, unencrypted PEM; a list for a list of certificates.')
  @Optional()
  @IsSecretOrRotation()
  key?: TextOrFile | TextOrFile[];

  @Description('For client_assertion: the JWT that the client presents instead of a secret.')
  @Optional()
  @One(ClientAssertionSchema)
  clientAssertion?: ClientAssertionSchema;
}
