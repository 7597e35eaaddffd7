import { Secret } from '#tokens/model/secret.js';
import type { ClientAuthentication, ClientAuthenticationForm } from '../schema/client-authentication-form.js';
import type { Place } from '../place.js';
import type { ClientCredentials } from '../settings.js';
import type { FileReader } from './file-reader.js';
import { certificatesIn, privateKeyIn } from './pem.js';
import { signingAlgorithm } from './signing-algorithm.js';

type Part = Exclude<keyof ClientAuthenticationForm, 'clientAuthentication'>;

export const parts: Record<ClientAuthentication, { needed: Part[]; optional: Part[] }> = {
  client_secret_basic: { needed: ['clientSecret'], optional: [] },
  client_secret_post: { needed: ['clientSecret'], optional: [] },
  private_key_jwt: { needed: ['privateKey'], optional: ['keyId', 'algorithm'] },
  tls_client_auth: { needed: ['certificate', 'key'], optional: [] },
};

const allParts = [
  ...new Set(Object.values(parts).flatMap(({ needed, optional }) => [...needed, ...optional])),
];

export function resolveCredentials(
  form: ClientAuthenticationForm,
  client: Place,
  files: FileReader,
): ClientCredentials {
  if (client.cleanAt('clientAuthentication')) checkParts(form, client);
  return {
    clientAuthentication: form.clientAuthentication,
    clientSecrets: clientSecrets(form.clientSecret, client.key('clientSecret'), files),
    ...signing(form, client, files),
    ...mutualTls(form, client, files),
  };
}

function checkParts(form: ClientAuthenticationForm, client: Place): void {
  const method = form.clientAuthentication;
  const { needed, optional } = parts[method];
  for (const part of needed) {
    const place = client.key(part);
    if (form[part] === undefined && place.clean) place.fault(`must be set for ${method}`);
  }
  const used = new Set([...needed, ...optional]);
  for (const part of allParts) {
    if (form[part] !== undefined && !used.has(part)) client.key(part).warn(`is not used with ${method}`);
  }
}

function clientSecrets(
  value: ClientAuthenticationForm['clientSecret'],
  place: Place,
  files: FileReader,
): readonly Secret[] {
  if (value === undefined || !place.clean) return [];
  const secrets = Array.isArray(value)
    ? value.map((one, index) => files.secret(one, place.item(index)))
    : [files.secret(value, place)];
  return Object.freeze(secrets.filter((secret) => secret !== undefined));
}

function signing(
  form: ClientAuthenticationForm,
  client: Place,
  files: FileReader,
): Partial<ClientCredentials> {
  if (form.privateKey === undefined || !client.cleanAt('privateKey', 'algorithm')) return {};
  const place = client.key('privateKey');
  const pem = files.trimmed(form.privateKey, place);
  const key = privateKeyIn(pem, place);
  if (pem === undefined || key === undefined) return {};
  const algorithm = signingAlgorithm(key, form.algorithm, client);
  return { privateKey: new Secret(pem), keyId: form.keyId, algorithm };
}

function mutualTls(
  form: ClientAuthenticationForm,
  client: Place,
  files: FileReader,
): Partial<ClientCredentials> {
  if (!client.cleanAt('certificate', 'key')) return {};
  const certificate = files.trimmed(form.certificate, client.key('certificate'));
  const [own] = certificatesIn(certificate, client.key('certificate'));
  const pem = files.trimmed(form.key, client.key('key'));
  const key = privateKeyIn(pem, client.key('key'));
  if (pem === undefined || own === undefined || key === undefined) return {};
  if (!own.checkPrivateKey(key)) client.key('key').fault('must be the private key of the certificate');
  return { certificate, key: new Secret(pem) };
}
