import type { Secret } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import type { HeadersSetting } from '../schema/wire-format.js';
import type { FileReader } from './file-reader.js';

/** RFC 9110 §5.5, without what is beyond ASCII. */
const headerValue = /^[\x20-\x7E\t]{1,8192}$/;

/** The headers of a token request, by their names in lower case. */
export function resolveHeaders(
  setting: HeadersSetting,
  path: SettingsPath,
  files: FileReader,
): Readonly<Record<string, Secret>> {
  const headers: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(path.isValid ? setting : {})) {
    const secret = files.secret(value, path.key(name));
    if (secret === undefined) continue;
    if (!headerValue.test(secret.reveal())) {
      path.key(name).fault('must be 1 to 8192 visible ASCII characters, spaces and tabs');
    }
    headers[name.toLowerCase()] = secret;
  }
  return Object.freeze(headers);
}
