import { describe, expect, it } from 'vitest';
import { ScopeSet } from './scope-set.js';
import { parseAuthorizationDetails } from './authorization-details.js';
import { someClient } from '#test/the.js';

describe('authorization details', () => {
  it('are the same text when they say the same', () => {
    const [one] = parseAuthorizationDetails('[{"type":"a","b":{"d":1,"c":[2,1]}}]');
    const [other] = parseAuthorizationDetails('[ {"b": {"c": [2, 1], "d": 1}, "type": "a"} ]');
    expect(one).toBe(other);
    expect(parseAuthorizationDetails('[{"type":"b"},{"type":"a"},{"type":"b"}]')).toEqual([
      '{"type":"a"}',
      '{"type":"b"}',
    ]);
  });

  it.each([
    '',
    '{}',
    'null',
    '[1]',
    '[{}]',
    '[{"type":""}]',
    '[{"type":1}]',
    '[[]]',
    `[{"type":"${'a'.repeat(5_000)}"}]`,
    JSON.stringify(Array.from({ length: 21 }, (_, n) => ({ type: String(n) }))),
  ])('are refused in another form: %.40s', (json) => {
    expect(() => parseAuthorizationDetails(json)).toThrow('authorization_details must be a JSON list');
  });

  it('are part of the request key, and no resources', () => {
    const details = parseAuthorizationDetails('[{"type":"a"}]');
    const request = someClient().request(ScopeSet.empty, ['https://api.example', ...details]);
    expect(request.resources).toEqual(['https://api.example']);
    expect(request.authorizationDetails).toEqual(details);
    expect(request.key).not.toBe(someClient().request(ScopeSet.empty, ['https://api.example']).key);
  });
});
