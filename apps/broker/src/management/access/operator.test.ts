import { expect, it } from 'vitest';
import { groupsIn, reaches, roleOf } from './operator.js';

const roles = { scraper: ['*'], viewer: ['staff'], operator: ['platform'] };

it.each([
  [['platform', 'staff'], 'operator'],
  [['staff'], 'viewer'],
  [[], 'scraper'],
  [['Staff'], 'scraper'],
] as const)('the groups %j have the highest of their roles: %s', (groups, role) => {
  expect(roleOf(groups, roles)).toBe(role);
});

it('a group that no role names has none', () => {
  expect(roleOf(['staff'], { operator: ['platform'] })).toBeUndefined();
  expect(roleOf([], { operator: [] })).toBeUndefined();
});

it('a role reaches what those before it do', () => {
  expect(reaches('operator', 'scraper')).toBe(true);
  expect(reaches('viewer', 'viewer')).toBe(true);
  expect(reaches('scraper', 'viewer')).toBe(false);
  expect(reaches(undefined, 'scraper')).toBe(false);
});

it.each<[Record<string, unknown>, string, string[]]>([
  [{ groups: ['a', 'b'] }, 'groups', ['a', 'b']],
  [{ groups: 'a' }, 'groups', ['a']],
  [{ 'https://acme.example/groups': ['a'] }, 'https://acme.example/groups', ['a']],
  [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
  [{ realm_access: 'a' }, 'realm_access.roles', []],
  [{ groups: [{ name: 'a' }, 7, null, 'b'] }, 'groups', ['b']],
  [{ groups: { a: true } }, 'groups', []],
  [{}, 'constructor.name', []],
])('of the claims %j, %s lists the groups %j', (claims, claim, groups) => {
  expect(groupsIn(claims, claim)).toEqual(groups);
});
