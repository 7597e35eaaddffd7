import { ScopeSet } from '#tokens/model/scope-set.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const fault = "must be one of the client's scopes, or implied by one";
const roles = {
  scopes: ['api:partner', 'role:application'],
  impliedScopes: { 'role:application': ['role:support'], 'role:support': ['role:finance'] },
};

describe("a client's scopes", () => {
  it('are sets, with what they imply', () => {
    const file = someSettings({ ...roles, requiredScopes: ['api:partner'], preload: [['role:finance'], []] });
    const client = folder.load(file).settings.clients.rabot;
    expect(String(client?.scopes)).toBe('api:partner role:application');
    expect(String(client?.requiredScopes)).toBe('api:partner');
    expect(String(client?.impliedScopes.closure(ScopeSet.of(['role:application'])))).toBe(
      'role:application role:finance role:support',
    );
    expect(client?.preload.map(String)).toEqual(['role:finance', '']);
  });

  it('hold all that is said of scopes elsewhere, or imply it', () => {
    const file = someSettings(
      {
        ...roles,
        requiredScopes: ['api:partner', 'api:other'],
        preload: [['role:support'], ['api:partner', 'x']],
      },
      { allow: [{ client: 'rabot', scopes: ['role:finance', 'API:partner'] }] },
    );
    expect(folder.faults(file)).toEqual([
      `clients.rabot.requiredScopes[1]: ${fault}`,
      `clients.rabot.preload[1][1]: ${fault}`,
      `consumers.orders.allow[0].scopes[1]: ${fault}`,
    ]);
  });

  it('are where those start that imply others', () => {
    const impliedScopes = { 'role:aplication': ['role:support'] };
    expect(folder.faults(someSettings({ impliedScopes }))).toEqual([
      `clients.rabot.impliedScopes.role:aplication: ${fault}`,
    ]);
  });

  it('do not imply themselves', () => {
    const impliedScopes = { 'api:partner': ['create:orders'], 'create:orders': ['api:partner'] };
    expect(folder.faults(someSettings({ impliedScopes }))).toEqual([
      'clients.rabot.impliedScopes: must not lead from a scope back to itself',
    ]);
  });

  it.each(['a b', '', 'a"b', 'a\\b', 'ä', 'a\n', 42, null])('must not have %j among them', (scope) => {
    expect(folder.faults(someSettings({ scopes: ['api:partner', scope] }))[0]).toMatch(
      /^clients\.rabot\.scopes: must be a list in which each is a scope/,
    );
    expect(folder.faults(someSettings({ preload: [[scope]] }))[0]).toMatch(
      /^clients\.rabot\.preload: must be/,
    );
    expect(folder.faults(someSettings({ impliedScopes: { 'api:partner': [scope] } }))[0]).toMatch(
      /^clients\.rabot\.impliedScopes: must be/,
    );
  });

  it('are a list, not a text', () => {
    expect(folder.faults(someSettings({ scopes: 'api:partner create:orders' }))).toEqual([
      'clients.rabot.scopes: must be a list',
    ]);
  });

  it('of a client with other faults are checked all the same', () => {
    const file = someSettings(
      { timeout: 0, preload: [['x']] },
      { allow: [{ client: 'rabot', scopes: ['x'] }] },
    );
    expect(folder.faults(file)).toEqual([
      'clients.rabot.timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
      `clients.rabot.preload[0][0]: ${fault}`,
      `consumers.orders.allow[0].scopes[0]: ${fault}`,
    ]);
  });
});
