import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('the environment of Node.js', () => {
  it('must not turn the check of certificates off', () => {
    expect(folder.faults(someSettings(), { NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      "NODE_TLS_REJECT_UNAUTHORIZED: must not be 0, as no server's certificate would be checked; name the authority to trust in `ca`",
    ]);
  });

  it.each(['--tls-keylog=/tmp/keys', '--max-old-space-size=64 --insecure-http-parser'])(
    'must not have the options %s',
    (NODE_OPTIONS) => {
      expect(folder.faults(someSettings(), { NODE_OPTIONS })).toEqual([
        expect.stringMatching(/^NODE_OPTIONS: must not have --(tls-keylog|insecure-http-parser), which /),
      ]);
    },
  );

  it('may have what does no harm', () => {
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '1', NODE_OPTIONS: '--max-old-space-size=64' };
    expect(folder.load(someSettings(), environment).warnings).toEqual([]);
  });
});
