import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('oneTokenPerClient', () => {
  it('has the scopes of allow and preload, and no others of the client', () => {
    const scopes = ['api:partner', 'create:orders', 'read:meters', 'admin'];
    const client = { scopes, preload: [['read:meters']], oneTokenPerClient: true };
    const { settings } = folder.load(someSettings(client));
    expect(String(settings.clients.rabot?.oneToken)).toBe('api:partner read:meters');
  });

  it('is off by default', () => {
    expect(folder.load(someSettings()).settings.clients.rabot?.oneToken).toBeUndefined();
  });

  it('cannot be combined with resources and authorization details', () => {
    const client = { oneTokenPerClient: true, resources: ['https://api.example'] };
    expect(folder.faults(someSettings(client))).toEqual([
      'clients.rabot.oneTokenPerClient: must be false with `resources`: each would need a token of its own',
    ]);
    const allow = [{ client: 'rabot', scopes: [], authorizationDetails: [{ type: 'payment' }] }];
    expect(folder.faults(someSettings({ oneTokenPerClient: true }, { allow }))).toEqual([
      expect.stringContaining('clients.rabot.oneTokenPerClient: must be false where `allow` has'),
    ]);
  });
});
