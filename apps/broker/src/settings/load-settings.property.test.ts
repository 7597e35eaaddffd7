import { inspect } from 'node:util';
import { fc } from '#test/property.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SettingsFault } from './settings-fault.js';
import { SettingsFolder, someSettings, someStore } from '#test/settings-folder.js';

const planted = 'planted-not-a-real-secret';
const environment = { PLANTED: planted, SPACED: ` ${planted}\n`, PORT: '8081' };

let folder: SettingsFolder;

beforeAll(() => {
  folder = new SettingsFolder();
});
afterAll(() => folder.remove());

/** What loading says: warnings, or faults with all that a logger may print of them. Any other error fails the test. */
function said(content: string | Record<string, unknown>): { faults: readonly string[]; printed: string } {
  try {
    return { faults: [], printed: folder.load(content, environment).warnings.join('\n') };
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    const printed = `${error.stack}${inspect(error, { depth: null, showHidden: true })}`;
    return { faults: error.faults, printed };
  }
}

const names =
  `listen management clients consumers workloadIssuers renewal store host port tokenEndpoint issuer clientId
  clientSecret clientAuthentication privateKey keyId key algorithm certificate ca scopes requiredScopes impliedScopes
  parameters resources preload timeout at jitter keys workload allow client subject audience file jwksUri bearerToken
  redis url sentinel cluster nodes name username password sentinelPassword tls lockNodes keyPrefix encryptionKeys id
  rabot __proto__ constructor toString then length <<`.split(/\s+/);

const texts = `\${PLANTED} https://\${PLANTED} \${SPACED} \${PORT} \${UNSET} \${ rabot -----BEGIN
  client_secret_post private_key_jwt tls_client_auth redis://:\${PLANTED}@redis/0 redis-1:6379`.split(/\s+/);
const scalar = fc.oneof(
  fc.constantFrom(...texts),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.constantFrom(null, true, 0, -1, 8080),
);
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('mapping')),
  list: fc.array(tie('anything'), { maxLength: 3 }),
  mapping: fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('anything'), { maxKeys: 5 }),
}));
/** Right names, and anything as values. */
const tree = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 });

describe('whatever the settings hold', () => {
  it('loading gives settings or faults of one line each, and prints no secret', () => {
    fc.assert(
      fc.property(tree, tree, tree, tree, (client, consumer, redis, rest) => {
        const settings = someSettings(client, consumer, { ...someStore(redis), ...rest });
        const { faults, printed } = said(settings);
        expect(faults.filter((fault) => !/^[^\n]+: .+$/.test(fault))).toEqual([]);
        expect(printed).not.toContain(planted);
      }),
      { numRuns: 500 },
    );
  });

  it('a tree without what is needed gives faults', () => {
    fc.assert(
      fc.property(tree, (settings) => {
        const { faults, printed } = said(settings);
        expect(faults).not.toEqual([]);
        expect(printed).not.toContain(planted);
      }),
      { numRuns: 500 },
    );
  });

  it('a secret in broken YAML is not printed', () => {
    const whole = JSON.stringify(someSettings({ clientSecret: planted }), undefined, 1).split('');
    const junk = fc.constantFrom(...'{}[]:,-&*!|>%@`"\'#\\\n\t \u0000$~?', '---', '<<', '${', '%YAML 9');
    const edits = fc.array(fc.tuple(fc.nat(whole.length), fc.nat(3), junk), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (all) => {
        const broken = [...whole];
        for (const [at, removed, put] of all) broken.splice(at, removed, put);
        expect(said(broken.join('')).printed).not.toContain(planted);
      }),
      { numRuns: 1000 },
    );
  });

  it('any text gives faults', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (content) => {
        expect(said(content).faults).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
