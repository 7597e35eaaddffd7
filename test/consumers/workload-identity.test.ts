import { type IPod, Pod } from 'kubernetes-models/v1';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { someCertificates } from '#test/certificates.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { ConsumerScene, reportAccount } from './consumer-scene.js';
import { programsOf } from './page-programs.js';
import { shell } from './shell.js';

const page = 'how-to/workload-identity.md';
const [settings, pod] = programsOf(page, 'yaml').map(({ code }) => parse(code)) as [Settings, IPod];

interface Settings {
  workloadIssuers: { cluster: Record<string, unknown> };
  consumers: { 'finance-report': { workload: object } };
}

describe(`docs/${page}`, { timeout: 60_000 }, () => {
  let scene: ConsumerScene;
  let credential: string;

  beforeAll(async () => {
    scene = await ConsumerScene.start();
    credential = scene.write('service-account-token', `${await scene.issuer.jwt(reportAccount)}\n`);
  });
  afterAll(() => scene?.stop());

  it.each(programsOf(page, 'sh'))(
    'gets a token by the program under "$heading"',
    async ({ code, prints }) => {
      expect(prints).not.toBe('');
      expect(await shell(code, scene, { TOKEN_BROKER_CREDENTIAL_FILE: credential })).toBe(prints);
    },
  );

  it('has settings that are valid', async () => {
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    const files = { ca: (await someCertificates()).ca, bearerToken: 'not-a-real-token' };
    const mounted = Object.entries(files).map(([field, content]) => [
      field,
      { file: folder.write(field, content) },
    ]);
    const cluster = { ...settings.workloadIssuers.cluster, ...Object.fromEntries(mounted) };
    const clientScopes = { scopes: ['api:partner', 'role:finance-reporting'] };
    const all = someSettings(clientScopes, {}, { ...settings, workloadIssuers: { cluster } });
    expect(folder.load(all).settings.consumers).toHaveProperty('finance-report');
  });

  it('has a pod that Kubernetes takes, whose service account and audience are those of the settings', () => {
    expect(() => new Pod(pod).validate()).not.toThrow();
    const { serviceAccountName, containers, volumes } = pod.spec!;
    const { path, audience } = volumes![0]!.projected!.sources![0]!.serviceAccountToken!;
    const subject = `system:serviceaccount:${pod.metadata!.namespace}:${serviceAccountName}`;
    expect(settings.consumers['finance-report'].workload).toEqual({ issuer: 'cluster', subject });
    expect(settings.workloadIssuers.cluster['audience']).toBe(audience);
    const { env, volumeMounts } = containers[0]!;
    expect(env!.map(({ value }) => value)).toContain(`${volumeMounts![0]!.mountPath}/${path}`);
  });
});
