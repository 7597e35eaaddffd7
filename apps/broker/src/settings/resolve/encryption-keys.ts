import { Secret } from '#tokens/model/secret.js';
import type { EncryptionKeyForm } from '../schema/redis-form.js';
import type { Place } from '../place.js';
import type { EncryptionKeySettings } from '../redis-settings.js';
import type { FileReader } from './file-reader.js';
import { checkUnique } from './unique.js';

/** Those keys that have no fault. */
export function resolveEncryptionKeys(
  forms: readonly EncryptionKeyForm[],
  place: Place,
  files: FileReader,
): readonly EncryptionKeySettings[] {
  if (!place.clean) return [];
  const entries = forms.flatMap(({ id, key }, index) => {
    const here = place.item(index);
    const secret = keyIn(files.trimmed(key, here.key('key')), here.key('key'));
    return secret === undefined ? [] : [{ id, key: secret, here }];
  });
  checkUnique(entries.map(({ id, here }) => ({ value: id, owner: here.path, place: here.key('id') })));
  checkUnique(
    entries.map(({ key, here }) => ({ value: key.sha256, owner: here.path, place: here.key('key') })),
  );
  return Object.freeze(entries.map(({ id, key }) => Object.freeze({ id, key })));
}

function keyIn(text: string | undefined, place: Place): Secret | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // The decoder skips what is not base64. Written anew, two spellings of one key are the same text.
  if (/^[A-Za-z0-9+/]{43}=$/.test(text) && bytes.length === 32) return new Secret(bytes.toString('base64'));
  place.fault('must be exactly 32 bytes in base64; `openssl rand -base64 32` makes them');
  return undefined;
}
