import { writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assertion, ClusterIssuer } from '#test/cluster-issuer.js';
import { MountedFiles } from '#test/mounted-files.js';
import { startOidcProvider } from '#test/oidc-provider.js';
import { diagnosis, settingsFile } from './doctor-report.js';

describe('the doctor, of a client assertion', () => {
  it.each([
    [
      'has expired',
      () => assertion({ exp: 1_000_000_000 }),
      [expect.stringMatching(/expired at 2001-09-09/)],
    ],
    [
      'is for another audience',
      () => assertion(),
      [expect.stringMatching(/subject broker and the audience partner: .* must trust/)],
    ],
    ['is good', (cluster: ClusterIssuer, audience: string) => cluster.issue(audience).token, []],
  ] as const)('says so when it %s', async (_, issue, expected) => {
    const cluster = new ClusterIssuer();
    const provider = await startOidcProvider({ trusts: { issuer: cluster, clients: ['workload'] } });
    onTestFinished(() => provider.stop());
    const files = new MountedFiles({ token: '' });
    onTestFinished(() => files.remove());
    writeFileSync(files.path('token'), issue(cluster, provider.issuer));
    const rabot = {
      tokenEndpoint: provider.tokenEndpoint,
      clientId: 'workload',
      clientAuthentication: 'client_assertion',
      clientAssertion: { file: files.path('token') },
      scopes: ['api:partner', 'create:orders'],
    };

    const { findings } = await diagnosis(settingsFile({ rabot }));

    const said = findings.flatMap(({ code, detail, hints }) => [code, detail, ...hints]);
    expect(said.length === 0).toBe(expected.length === 0);
    expect(said).toEqual(expect.arrayContaining([...expected]));
  });
});

describe('the doctor, of an assertion that the client signs', () => {
  it('names its audience when it is refused', async () => {
    const provider = await startOidcProvider();
    onTestFinished(() => provider.stop());
    const { clientId, privateKey, keyId } = provider.clients.private_key_jwt;
    const rabot = {
      issuer: provider.issuer,
      clientId,
      clientAuthentication: 'private_key_jwt',
      privateKey,
      keyId,
      assertion: { audience: 'https://other.example' },
      scopes: ['api:partner', 'create:orders'],
    };

    const { findings, codes } = await diagnosis(settingsFile({ rabot }));

    expect(codes).toEqual(['credential_refused']);
    expect(findings[0]!.hints).toEqual([
      expect.stringMatching(
        /^its assertion is for the audience https:\/\/other\.example; .* set clients\.rabot\.assertion/,
      ),
      expect.stringMatching(/^it is signed by ES256, with the kid key-1 and without a typ/),
    ]);
  });
});

describe('the doctor, of managed keys', () => {
  it('makes none: the broker must have started once', async () => {
    const provider = await startOidcProvider();
    onTestFinished(() => provider.stop());
    const rabot = {
      issuer: provider.issuer,
      clientId: 'key-client',
      clientAuthentication: 'private_key_jwt',
      keys: 'managed',
      scopes: ['api:partner', 'create:orders'],
    };
    const file = settingsFile({ rabot }, { managedKeys: { folder: 'keys' } });

    const { findings, codes } = await diagnosis(file);

    expect(codes).toEqual(['credential_unavailable']);
    expect(findings[0]!.detail).toMatch(/its managed signing key cannot be read or made/);
  });
});
