import { describe, expect, it } from 'vitest';
import type { Settings } from '../../settings/settings.js';
import { SettingsLines } from '../settings-lines.js';
import { explainedOperators, operatorLines } from './operator-explanation.js';

const text = `management:
  authentication:
    bearer:
      prometheus: { keys: [], role: scraper }
    oidc:
      roles:
        viewer: ['*']
        operator: [platform-team]
    proxy:
      roles: { operator: [admins] }
`;
const lines = new SettingsLines(text);
const authentication = {
  keys: [{ name: 'prometheus', keys: [], role: 'scraper' }],
  oidc: { roles: { viewer: ['*'], operator: ['platform-team'] } },
  proxy: { roles: { operator: ['admins'] } },
};
const explained = (management: object, ...groups: string[]) =>
  operatorLines(explainedOperators({ management } as Settings, groups), lines);

describe('what explain says of operators', () => {
  it('is the role of each key, and of a person of these groups, by its line', () => {
    expect(explained({ authentication }, 'finance', 'platform-team')).toEqual([
      'bearer prometheus: scraper, by management.authentication.bearer.prometheus (line 4)',
      'oidc: operator, by management.authentication.oidc.roles.operator (line 8)',
      'proxy: no role, by management.authentication.proxy.roles (line 10)',
    ]);
    expect(explained({ authentication }, 'admins')).toEqual([
      expect.any(String),
      'oidc: viewer, by management.authentication.oidc.roles.viewer (line 7)',
      'proxy: operator, by management.authentication.proxy.roles.operator (line 10)',
    ]);
  });

  it('is when a key expires, and when it should be replaced', () => {
    const keys = [{ hash: `sha256:${'0a'.repeat(32)}`, expiresAt: 0, replaceBy: 86_400_000 }];
    const dated = { keys: [{ name: 'prometheus', keys, role: 'scraper' as const }] };
    expect(explained({ authentication: dated })).toEqual([
      'bearer prometheus: scraper, by management.authentication.bearer.prometheus (line 4); keys[0] 0a0a0a0a0a0a: expires 1970-01-01T00:00:00.000Z, to be replaced by 1970-01-02T00:00:00.000Z',
    ]);
  });

  it('is that anyone may do everything where nothing authenticates', () => {
    expect(explained({})).toEqual(['none: anyone who reaches the management port is an operator']);
  });
});
