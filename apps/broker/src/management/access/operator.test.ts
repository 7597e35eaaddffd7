import { expect, it } from 'vitest';
import { reaches, roleOf } from './operator.js';

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
