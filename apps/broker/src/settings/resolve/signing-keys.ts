import type { KeyObject } from 'node:crypto';
import type { AssertionSettings, AssertionSigner } from '#oauth/request/client-credential.js';
import { algorithmsOf, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';
import type { FileReader } from './file-reader.js';

/** The keys that sign assertions, first choice first, each with what its assertions say. None when there are faults. */
export function signingKeys(
  schema: ClientSchema,
  client: SettingsPath,
  files: FileReader,
): AssertionSigner[] {
  if (!client.areValid('privateKey', 'keyId', 'algorithm', 'assertion')) return [];
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
    return [{ privateKey: read.pem, algorithm, keyId: ids[index], ...(assertion && { assertion }) }];
  });
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
