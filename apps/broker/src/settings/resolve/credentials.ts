import type { KeyObject } from 'node:crypto';
import type { ClientCredential } from '#oauth/request/client-credential.js';
import { algorithmsOf, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';
import type { FileReader } from './file-reader.js';

type Method = ClientSchema['clientAuthentication'];
type Part = 'clientSecret' | 'privateKey' | 'keyId' | 'algorithm' | 'certificate' | 'key' | 'clientAssertion';

/** The settings that each client authentication needs, and those that it may have. */
export const parts: Record<Method, { needed: Part[]; optional: Part[] }> = {
  client_secret_basic: { needed: ['clientSecret'], optional: [] },
  client_secret_post: { needed: ['clientSecret'], optional: [] },
  private_key_jwt: { needed: ['privateKey'], optional: ['keyId', 'algorithm'] },
  tls_client_auth: { needed: ['certificate', 'key'], optional: [] },
  client_assertion: { needed: ['clientAssertion'], optional: [] },
};

const allParts = [
  ...new Set(Object.values(parts).flatMap(({ needed, optional }) => [...needed, ...optional])),
];

/** First choice first: one, or two secrets. None when the settings have faults. */
export function resolveCredentials(
  schema: ClientSchema,
  client: SettingsPath,
  files: FileReader,
): readonly ClientCredential[] {
  if (client.key('clientAuthentication').isValid) checkParts(schema, client);
  // All are looked at, whichever is in use: a fault in one would show when it is.
  const all = [
    ...clientSecrets(schema, client.key('clientSecret'), files),
    ...signingKey(schema, client, files),
    ...clientCertificate(schema, client, files),
    ...clientAssertion(schema, client.key('clientAssertion'), files),
  ];
  return Object.freeze(
    all.filter((one) => one.clientAuthentication === schema.clientAuthentication).map(Object.freeze),
  ) as readonly ClientCredential[];
}

function checkParts(schema: ClientSchema, client: SettingsPath): void {
  const method = schema.clientAuthentication;
  const { needed, optional } = parts[method];
  for (const part of needed) {
    const path = client.key(part);
    if (schema[part] === undefined && path.isValid) path.fault(`must be set for ${method}`);
  }
  const used = new Set([...needed, ...optional]);
  for (const part of allParts) {
    if (schema[part] !== undefined && !used.has(part)) client.key(part).warn(`is not used with ${method}`);
  }
}

function clientSecrets(
  { clientSecret, clientAuthentication: method, basicEncoding }: ClientSchema,
  path: SettingsPath,
  files: FileReader,
): ClientCredential[] {
  if (!path.isValid) return [];
  const secrets = Array.isArray(clientSecret)
    ? clientSecret.map((one, index) => files.secret(one, path.item(index)))
    : [files.secret(clientSecret, path)];
  const clientAuthentication = method === 'client_secret_post' ? method : 'client_secret_basic';
  return secrets.flatMap((secret) =>
    secret ? [{ clientAuthentication, clientSecret: secret, basicEncoding }] : [],
  );
}

function signingKey(schema: ClientSchema, client: SettingsPath, files: FileReader): ClientCredential[] {
  if (!client.areValid('privateKey', 'algorithm')) return [];
  const read = files.privateKey(schema.privateKey, client.key('privateKey'));
  const algorithm = read && signingAlgorithm(read.key, schema.algorithm, client);
  if (read === undefined || algorithm === undefined) return [];
  return [{ clientAuthentication: 'private_key_jwt', privateKey: read.pem, algorithm, keyId: schema.keyId }];
}

/** The algorithm that assertions are signed by: the one that is wanted, or the default of the key. */
function signingAlgorithm(
  key: KeyObject,
  wanted: SigningAlgorithm | undefined,
  client: SettingsPath,
): SigningAlgorithm | undefined {
  const { modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
  const possible = algorithmsOf(key);
  if (possible === undefined) {
    client.key('privateKey').fault('must be an RSA, P-256, P-384, P-521 or Ed25519 key');
    return undefined;
  }
  // RFC 7518 §3.3
  if (modulusLength < 2048) client.key('privateKey').fault('must be an RSA key of 2048 bits or more');
  if (wanted !== undefined && !possible.includes(wanted)) {
    client.key('algorithm').fault(`must fit the private key: ${possible.join(', ')}`);
  }
  return wanted ?? possible[0];
}

function clientCertificate(
  schema: ClientSchema,
  client: SettingsPath,
  files: FileReader,
): ClientCredential[] {
  if (!client.areValid('certificate', 'key')) return [];
  const certificate = files.certificates(schema.certificate, client.key('certificate'));
  const key = files.privateKey(schema.key, client.key('key'));
  if (certificate === undefined || key === undefined) return [];
  if (!certificate.first.checkPrivateKey(key.key)) {
    client.key('key').fault('must be the private key of the certificate');
  }
  return [{ clientAuthentication: 'tls_client_auth', certificate: certificate.pem, key: key.pem }];
}

function clientAssertion(
  { clientAssertion: schema }: ClientSchema,
  path: SettingsPath,
  files: FileReader,
): ClientCredential[] {
  if (schema === undefined || !path.isValid) return [];
  const read = files.assertion(schema.file, path.key('file'));
  return read === undefined ? [] : [{ clientAuthentication: 'client_assertion', type: schema.type, ...read }];
}
