import { expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { IdentityProvider, operatorClient } from '#test/identity-provider.js';
import { examineManagement } from '../../apps/broker/src/cli/doctor/management-examination.js';
import { onTestFinished } from 'vitest';

const publicUrl = 'http://127.0.0.1:9090';

function examined(oidc: object) {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const authentication = { oidc: { ...operatorClient, roles: { viewer: ['*'] }, ...oidc } };
  const { settings } = folder.load(someSettings({}, {}, { management: { publicUrl, authentication } }));
  return examineManagement(settings.management);
}

it('the doctor finds the provider of log-ins fine, and scopes that it does not list', async () => {
  const { issuer } = await IdentityProvider.start({}, [`${publicUrl}/login/callback`], onTestFinished);
  expect(await examined({ issuer, scopes: ['openid', 'groups'] })).toEqual({ issuer, problems: [] });
  expect((await examined({ issuer, scopes: ['openid', 'teams'] }))?.problems).toMatchObject([
    { severity: 'warning', detail: expect.stringContaining('does not list teams') },
  ]);
});

it('the doctor finds a provider of log-ins that is away, or is another', async () => {
  const { issuer } = await IdentityProvider.start({}, [`${publicUrl}/login/callback`], onTestFinished);
  for (const wrong of ['http://127.0.0.1:9', issuer.replace('127.0.0.1', 'localhost')]) {
    expect((await examined({ issuer: wrong }))?.problems).toMatchObject([
      { severity: 'fault', detail: expect.stringContaining('cannot be used') },
    ]);
  }
});
