import { IsIn } from 'class-validator';
import { Described } from './described.js';
import { Optional } from './presence.js';
import { IsOneOrTwoTextsOrFiles, IsTextOrFile, type TextOrFile } from './text-or-file.js';
import { Line } from './texts.js';

export const clientAuthentications = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
] as const;

export type ClientAuthentication = (typeof clientAuthentications)[number];

export const signingAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** How a client shows at the authorization server that it is itself. */
export class ClientAuthenticationForm {
  @Described('How the client authenticates (RFC 6749 §2.3.1, RFC 7523, RFC 8705).')
  @IsIn(clientAuthentications, { message: `must be one of ${clientAuthentications.join(', ')}` })
  clientAuthentication: ClientAuthentication = 'client_secret_basic';

  @Described(
    'The secret, for client_secret_basic and client_secret_post. A list of two during a rotation: the second is tried when the first is refused.',
  )
  @Optional()
  @IsOneOrTwoTextsOrFiles()
  clientSecret?: TextOrFile | TextOrFile[];

  @Described('For private_key_jwt: the private key that signs the assertion, unencrypted PEM.')
  @Optional()
  @IsTextOrFile()
  privateKey?: TextOrFile;

  @Described('For private_key_jwt: the `kid` under which the authorization server knows the key.')
  @Optional()
  @Line()
  keyId?: string;

  @Described(
    'For private_key_jwt: how the assertion is signed. Default by the key: RS256, PS256, ES256, ES384, ES512 or EdDSA.',
  )
  @Optional()
  @IsIn(signingAlgorithms, { message: `must be one of ${signingAlgorithms.join(', ')}` })
  algorithm?: SigningAlgorithm;

  @Described('For tls_client_auth: the client certificate and those between it and its root, PEM.')
  @Optional()
  @IsTextOrFile()
  certificate?: TextOrFile;

  @Described('For tls_client_auth: the private key of the certificate, unencrypted PEM.')
  @Optional()
  @IsTextOrFile()
  key?: TextOrFile;
}
