import type { KeyObject } from 'node:crypto';
import type { AssertionSettings, AssertionSigner } from '#oauth/request/client-credential.js';
import { algorithmsOf, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';
import { digest } from '#tokens/model/secret.js';
import type { ManagedKeysSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';

/** What managed keys need of the rest of the settings. */
export interface ManagedKeyContext {
  /** The client's name. */
  client: string;
  managedKeys: ManagedKeysSettings;
}

/** The keys that sign assertions, first choice first, each with what its assertions say. None when there are faults. */
export function signingKeys(
  schema: ClientSchema,
  client: SettingsPath,
  files: FileReader,
  context: ManagedKeyContext,
): AssertionSigner[] {
  if (!client.areValid('privateKey', 'keyId', 'algorithm', 'assertion', 'keys')) return [];
  if (schema.keys === 'managed') return managedKey(schema, client, context);
  const path = client.key('privateKey');
  const isList = Array.isArray(schema.privateKey);
  const keys = [schema.privateKey].flat();
  const ids = [schema.keyId].flat();
  if (schema.keyId !== undefined && ids.length !== keys.length) {
    client.key('keyId').fault(`must name each private key: ${keys.length}, in their order`);
  }
  const wanted = wantedAlgorithm(schema, client);
  const assertion = assertionSettings(schema);
  return keys.flatMap((key, index) => {
    const own = isList ? path.item(index) : path;
    const read = files.privateKey(key, own);
    const algorithm = read && signingAlgorithm(read.key, wanted, own, client);
    if (read === undefined || algorithm === undefined) return [];
    return [
      { privateKey: read.pem, algorithm, keyId: ids[index] ?? read.keyId, ...(assertion && { assertion }) },
    ];
  });
}

/** RS256: every authorization server knows it (RFC 7518 §3.1). */
const managedAlgorithm = 'RS256';

function managedKey(
  schema: ClientSchema,
  client: SettingsPath,
  { client: name, managedKeys }: ManagedKeyContext,
): AssertionSigner[] {
  const { isPossible, folder: _, ...rotation } = managedKeys;
  if (!isPossible) {
    client.key('keys').fault('needs `store.redis`, or `managedKeys.folder` for a single replica');
  }
  for (const part of ['privateKey', 'keyId'] as const) {
    if (schema[part] !== undefined) client.key(part).fault('must be left out with `keys: managed`');
  }
  const algorithm = wantedAlgorithm(schema, client) ?? managedAlgorithm;
  const assertion = assertionSettings(schema);
  // The same key for all entries of one registration, whatever they are called.
  const id = digest([schema.issuer ?? schema.tokenEndpoint ?? '', schema.clientId]);
  return [{ managed: { id, client: name, algorithm, rotation }, ...(assertion && { assertion }) }];
}

/** Undefined where nothing is set: the defaults are those of the assertion. */
export function assertionSettings({ assertion }: ClientSchema): AssertionSettings | undefined {
  if (assertion === undefined) return undefined;
  const { audience, type, lifetime, claims, issuer, subject, scopeClaim } = assertion;
  return Object.freeze({ audience, type, lifetime: lifetime * 1000, claims, issuer, subject, scopeClaim });
}

function wantedAlgorithm(
  { algorithm, assertion }: ClientSchema,
  client: SettingsPath,
): SigningAlgorithm | undefined {
  if (algorithm !== undefined && assertion?.algorithm !== undefined) {
    client.key('assertion').key('algorithm').fault('must be left out when `algorithm` of the client is set');
  }
  return algorithm ?? assertion?.algorithm;
}

/** The algorithm that assertions are signed by: the one that is wanted, or the default of the key. */
function signingAlgorithm(
  key: KeyObject,
  wanted: SigningAlgorithm | undefined,
  path: SettingsPath,
  client: SettingsPath,
): SigningAlgorithm | undefined {
  const { modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
  const possible = algorithmsOf(key);
  if (possible === undefined) {
    path.fault('must be an RSA, P-256, P-384, P-521 or Ed25519 key');
    return undefined;
  }
  // RFC 7518 §3.3
  if (modulusLength < 2048) path.fault('must be an RSA key of 2048 bits or more');
  if (wanted !== undefined && !possible.includes(wanted)) {
    client.key('algorithm').fault(`must fit the private key: ${possible.join(', ')}`);
  }
  return wanted ?? possible[0];
}
