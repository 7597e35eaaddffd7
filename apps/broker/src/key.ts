import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { newApiKey } from '#consumers/api-key.js';

/** What `npm run key` prints. The key stands in it in clear: it is shown this once and kept nowhere. */
export function keyText({ key, hash }: ReturnType<typeof newApiKey>): string {
  return [
    `key:  ${key.reveal()}`,
    '      goes to the consumer as a secret; it is shown only now',
    `hash: ${hash}`,
    '      goes into consumers.<name>.keys of the settings',
    '',
  ].join('\n');
}

const [, script] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href) {
  process.stdout.write(keyText(newApiKey()));
}
