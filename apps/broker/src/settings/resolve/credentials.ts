import type {
  AssertionSigner,
  ClientCredential,
  ClientProof,
  TlsCertificate,
} from '#oauth/request/client-credential.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';
import type { FileReader } from './file-reader.js';
import { type ManagedKeyContext, signingKeys } from './signing-keys.js';

export type Method = NonNullable<ClientSchema['clientAuthentication']>;
type Part =
  | 'clientSecret'
  | 'privateKey'
  | 'keyId'
  | 'algorithm'
  | 'assertion'
  | 'certificate'
  | 'key'
  | 'keys'
  | 'clientAssertion';

interface Parts {
  needed: Part[];
  optional: Part[];
}

const certificateParts: Part[] = ['certificate', 'key'];
const signerParts: Parts = { needed: ['privateKey'], optional: ['keyId', 'algorithm', 'assertion', 'keys'] };

/** The settings that each client authentication needs, and those that it may have besides a certificate. */
export const parts: Record<Method, Parts> = {
  client_secret_basic: { needed: ['clientSecret'], optional: [] },
  client_secret_post: { needed: ['clientSecret'], optional: [] },
  private_key_jwt: signerParts,
  tls_client_auth: { needed: certificateParts, optional: [] },
  self_signed_tls_client_auth: { needed: certificateParts, optional: [] },
  client_assertion: { needed: ['clientAssertion'], optional: [] },
  none: { needed: [], optional: [] },
};

/** The settings that each grant needs besides those of the client authentication. */
export const grantParts: Record<ClientSchema['grant'], Parts> = {
  client_credentials: { needed: [], optional: [] },
  'jwt-bearer': signerParts,
};

const allParts = [
  ...new Set(
    [...Object.values(parts), signerParts].flatMap(({ needed, optional }) => [...needed, ...optional]),
  ),
];

/** With an assertion as its grant, a client rarely authenticates besides. */
export function clientAuthenticationOf({ clientAuthentication, grant }: ClientSchema): Method {
  return clientAuthentication ?? (grant === 'jwt-bearer' ? 'none' : 'client_secret_basic');
}

/** First choice first: one, or more during a rotation. None when the settings have faults. */
export function resolveCredentials(
  schema: ClientSchema,
  client: SettingsPath,
  files: FileReader,
  managed: ManagedKeyContext,
): readonly ClientCredential[] {
  if (client.areValid('clientAuthentication', 'grant')) checkParts(schema, client);
  // All are looked at, whichever is in use: a fault in one would show when it is.
  const signers = signingKeys(schema, client, files, managed);
  const certificates = clientCertificates(schema, client, files);
  const method = clientAuthenticationOf(schema);
  const all: ClientProof[] = [
    ...clientSecrets(schema, client.key('clientSecret'), files),
    ...signers.map((signer) => ({ clientAuthentication: 'private_key_jwt', ...signer }) as const),
    ...certificates.map((one) => ({ clientAuthentication: certificateMethod(method), ...one })),
    ...clientAssertion(schema, client.key('clientAssertion'), files),
    { clientAuthentication: 'none' },
  ];
  const proofs = all.filter((one) => one.clientAuthentication === method);
  const isByCertificate = String(method).endsWith('tls_client_auth');
  return Object.freeze(
    withEach(
      withEach(proofs, 'tls', isByCertificate ? [] : certificates),
      'grant',
      schema.grant === 'jwt-bearer' ? signers : [],
    ).map((one) => Object.freeze(one)),
  );
}

function certificateMethod(method: Method): 'tls_client_auth' | 'self_signed_tls_client_auth' {
  return method === 'self_signed_tls_client_auth' ? method : 'tls_client_auth';
}

/** Each credential with each of these: during a rotation any pair may be the one that is accepted. */
function withEach(
  credentials: readonly ClientCredential[],
  name: 'tls' | 'grant',
  all: readonly (TlsCertificate | AssertionSigner)[],
): readonly ClientCredential[] {
  if (all.length === 0) return credentials;
  return credentials.flatMap((credential) => all.map((one) => ({ ...credential, [name]: one })));
}

function checkParts(schema: ClientSchema, client: SettingsPath): void {
  const method = clientAuthenticationOf(schema);
  const { grant } = schema;
  if (method === 'none' && grant === 'client_credentials') {
    client.key('clientAuthentication').fault('must not be none with the grant client_credentials');
  }
  if (method === 'private_key_jwt' && grant === 'jwt-bearer') {
    client
      .key('clientAuthentication')
      .fault('must not be private_key_jwt with the grant jwt-bearer: the key signs the grant');
  }
  for (const [{ needed }, by] of [
    [parts[method], method],
    [grantParts[grant], `the grant ${grant}`],
  ] as const) {
    for (const part of needed) {
      const path = client.key(part);
      const isManaged = part === 'privateKey' && schema.keys !== undefined;
      if (schema[part] === undefined && path.isValid && !isManaged) path.fault(`must be set for ${by}`);
    }
  }
  const used = new Set(
    [parts[method], grantParts[grant]].flatMap(({ needed, optional }) => [
      ...needed,
      ...optional,
      ...certificateParts,
    ]),
  );
  for (const part of allParts) {
    if (schema[part] !== undefined && !used.has(part)) client.key(part).warn(`is not used with ${method}`);
  }
  if (grant === 'client_credentials' && client.key('assertion').isValid) {
    for (const name of ['issuer', 'subject', 'scopeClaim'] as const) {
      if (schema.assertion?.[name] === undefined) continue;
      client.key('assertion').key(name).warn('is used with the grant jwt-bearer only');
    }
  }
}

function clientSecrets(
  { clientSecret, clientAuthentication: method, basicEncoding }: ClientSchema,
  path: SettingsPath,
  files: FileReader,
): ClientProof[] {
  if (!path.isValid) return [];
  const secrets = Array.isArray(clientSecret)
    ? clientSecret.map((one, index) => files.secret(one, path.item(index)))
    : [files.secret(clientSecret, path)];
  const clientAuthentication = method === 'client_secret_post' ? method : 'client_secret_basic';
  return secrets.flatMap((secret) =>
    secret ? [{ clientAuthentication, clientSecret: secret, basicEncoding }] : [],
  );
}

/** Each certificate with the key at its place in the list. */
function clientCertificates(schema: ClientSchema, client: SettingsPath, files: FileReader): TlsCertificate[] {
  if (!client.areValid('certificate', 'key')) return [];
  const [certificates, keys] = [[schema.certificate].flat(), [schema.key].flat()];
  if ((schema.certificate === undefined) !== (schema.key === undefined)) {
    client.key(schema.key === undefined ? 'key' : 'certificate').fault('must be set too: they are a pair');
    return [];
  }
  if (certificates.length !== keys.length) {
    client.key('key').fault(`must have a key for each certificate: ${certificates.length}, in their order`);
    return [];
  }
  const pathOf = (name: 'certificate' | 'key', index: number) =>
    Array.isArray(schema[name]) ? client.key(name).item(index) : client.key(name);
  return certificates.flatMap(
    (certificate, index) =>
      files.pair({ certificate, key: keys[index] }, pathOf('certificate', index), pathOf('key', index)) ?? [],
  );
}

function clientAssertion(
  { clientAssertion: schema }: ClientSchema,
  path: SettingsPath,
  files: FileReader,
): ClientProof[] {
  if (schema === undefined || !path.isValid) return [];
  const read = files.assertion(schema.file, path.key('file'));
  return read === undefined ? [] : [{ clientAuthentication: 'client_assertion', type: schema.type, ...read }];
}
