import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { type PresetName, presetNames, presetOf } from '../issuer-presets.js';

let folder: SettingsFolder;
let certificates: Certificates;

beforeAll(async () => {
  certificates = await someCertificates();
});
beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const github = { preset: 'github-actions', audience: 'token-broker' };

function withWorkload(workload: object, issuer: object = github): Record<string, unknown> {
  return someSettings(
    {},
    { keys: undefined, workload: { issuer: 'own', ...workload } },
    { workloadIssuers: { own: issuer } },
  );
}

function withCertificate(certificate: object, listen: object | undefined): Record<string, unknown> {
  return someSettings({}, { keys: undefined, certificate }, listen && { listen });
}

describe('certificate', () => {
  it('has a subject without spaces between its parts, and with those in a value', () => {
    const { server, ca } = certificates;
    const tls = { certificate: server.cert, key: server.key, clientCa: ca };
    const subject = String.raw`CN=Doe\, John,  OU=a\\, O=Example`;
    const file = withCertificate({ subject }, { host: '127.0.0.1', tls });
    expect(folder.load(file).settings.consumers['orders']?.certificates?.[0]?.subject).toBe(
      String.raw`CN=Doe\, John,OU=a\\,O=Example`,
    );
  });
});

describe('workload', () => {
  it('has an exact subject, or claims that are texts, lists and mappings', () => {
    const claims = { repository: 'acme/*', run_attempt: 1, ref: ['refs/heads/main'], nested: { a: true } };
    expect(folder.load(withWorkload({ claims })).settings.consumers['orders']?.workload).toEqual({
      issuer: 'own',
      subject: undefined,
      claims: {
        repository: ['acme/*'],
        run_attempt: ['1'],
        ref: ['refs/heads/main'],
        nested: { a: ['true'] },
      },
    });
    const { consumers } = folder.load(withWorkload({ subject: 'repo:acme/*' })).settings;
    expect(consumers['orders']?.workload).toMatchObject({ subject: 'repo:acme/*', claims: undefined });
  });

  it.each<[string, object, string]>([
    ['neither subject nor claims', {}, ': must have either `subject` or `claims`'],
    ['both', { subject: 'a', claims: { repository: 'acme/a' } }, ': must have either `subject` or `claims`'],
    ['no claim', { claims: {} }, '.claims: must be a mapping with at least one claim'],
    [
      'two stars in a segment',
      { claims: { repository: 'acme/*-*' } },
      '.claims: must have at most one * in each part between / and :, and no empty text',
    ],
    [
      'an empty text',
      { claims: { repository: '' } },
      '.claims: must have at most one * in each part between / and :, and no empty text',
    ],
    [
      'a number that YAML has rounded',
      { claims: { repository_id: 1e20 } },
      '.claims: must have numbers of more than 15 digits, or with fractions, in quotes',
    ],
    [
      'an empty list',
      { claims: { repository: [] } },
      '.claims: must have text, a list of texts or a mapping for each claim',
    ],
  ])('is refused with %s', (_, workload, fault) => {
    expect(folder.faults(withWorkload(workload))).toEqual([`consumers.orders.workload${fault}`]);
  });

  it.each([
    ['no claim of an owner', { ref: 'refs/heads/main' }],
    ['any owner', { repository: '*/app' }],
    ['an owner among others', { repository: ['acme/app', '*/app'] }],
    ['a subject of any owner', { sub: 'repo:*/app:ref:refs/heads/main' }],
  ])('is refused at an issuer that serves anyone, with %s', (_, claims) => {
    const own = { issuer: 'https://token.actions.githubusercontent.com', audience: 'x' };
    for (const issuer of [github, own]) {
      expect(folder.faults(withWorkload({ claims }, issuer))).toEqual([
        expect.stringMatching(
          /^consumers\.orders\.workload\.claims: must restrict whose tokens are accepted/,
        ),
      ]);
    }
    const ofOurOwn = { issuer: 'https://issuer.example', audience: 'x' };
    expect(folder.load(withWorkload({ claims }, ofOurOwn)).warnings).toEqual([]);
  });

  it('is that of one consumer', () => {
    const settings = withWorkload({ claims: { ref: 'a', repository: 'acme/app' } });
    const { orders } = settings['consumers'] as Record<string, object>;
    const twin = { ...orders, workload: { issuer: 'own', claims: { repository: ['acme/app'], ref: 'a' } } };
    expect(folder.faults({ ...settings, consumers: { orders, twin } })).toEqual([
      'consumers.twin.workload: is already used by orders',
    ]);
  });
});

describe('the preset of an issuer', () => {
  const loaded = (preset: PresetName) => withWorkload({ subject: 'a' }, { preset, audience: 'x' });

  it.each(presetNames.filter((name) => presetOf(name).issuer !== undefined))(
    '%s knows its issuer',
    (preset) => {
      const { workloadIssuers } = folder.load(loaded(preset)).settings;
      expect(workloadIssuers['own']?.issuer).toBe(presetOf(preset).issuer);
    },
  );

  it.each(presetNames.filter((name) => presetOf(name).issuer === undefined))(
    '%s says where to find the issuer, of which there are many',
    (preset) => {
      expect(folder.faults(loaded(preset))).toEqual([
        `workloadIssuers.own.issuer: must be set: ${presetOf(preset).hint}`,
      ]);
    },
  );

  it('gives way to an issuer of its own', () => {
    const own = { ...github, issuer: 'https://github.example/_services/token' };
    const { workloadIssuers } = folder.load(withWorkload({ subject: 'a' }, own)).settings;
    expect(workloadIssuers['own']?.issuer).toBe('https://github.example/_services/token');
  });

  it('is needed where there is no issuer', () => {
    expect(folder.faults(withWorkload({ subject: 'a' }, { audience: 'x' }))).toEqual([
      'workloadIssuers.own.issuer: must be set',
    ]);
  });
});

describe('certificate', () => {
  const tls = () => {
    const { server, ca } = certificates;
    return { tls: { certificate: server.cert, key: server.key, clientCa: ca } };
  };

  it('is one or several, each by one of its names', () => {
    const all = [
      { spiffeId: 'spiffe://acme.example/ns/*' },
      { san: 'report.example' },
      { subject: 'CN=a, O=b' },
    ];
    const { settings } = folder.load(withCertificate(all, tls()));
    expect(settings.consumers['orders']?.certificates).toMatchObject([
      all[0],
      all[1],
      { subject: 'CN=a,O=b' },
    ]);
    expect(
      folder.load(withCertificate(all[1]!, tls())).settings.consumers['orders']?.certificates,
    ).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['no name', {}, ': must have one of `spiffeId`, `san` and `subject` each'],
    ['two names', { san: 'a', subject: 'CN=a' }, ': must have one of `spiffeId`, `san` and `subject` each'],
    [
      'any trust domain',
      { spiffeId: 'spiffe://*/a' },
      '.spiffeId: must be spiffe://, a trust domain without *, and a path',
    ],
    ['an empty list', [], ': must be a mapping, or a list of at least one mapping'],
  ])('is refused with %s', (_, certificate, fault) => {
    expect(folder.faults(withCertificate(certificate, tls()))).toEqual([
      `consumers.orders.certificate${fault}`,
    ]);
  });

  it('needs the authorities of listen.tls', () => {
    expect(folder.faults(withCertificate({ san: 'a' }, undefined))).toEqual([
      'consumers.orders.certificate: needs `listen.tls.clientCa`, the authorities that sign it',
    ]);
  });
});
