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
    ['numbers', '[{"type":"a","n":1.0,"m":-0,"e":1e2}]', '[{"type":"a","n":1,"m":0,"e":100}]'],
    ['escapes', String.raw`[{"type":"\u0061","ü":"\u00fc"}]`, '[{"type":"a","ü":"ü"}]'],
    [
      'keys that are numbers, or look like methods',
      '[{"type":"a","10":1,"9":2,"__proto__":{"b":1,"a":2}}]',
      '[{"__proto__":{"a":2,"b":1},"9":2,"10":1,"type":"a"}]',
    ],
    ['repeated keys, of which the last counts', '[{"type":"b","type":"a"}]', '[{"type":"a"}]'],
    [
      'nested objects in lists',
      '[{"type":"a","l":[[{"b":1,"a":[{"d":1,"c":2}]}]]}]',
      '[{"l":[[{"a":[{"c":2,"d":1}],"b":1}]],"type":"a"}]',
    ],
  ])('are the same for other spellings of %s', (_title, one, other) => {
    expect(parseAuthorizationDetails(one)).toEqual(parseAuthorizationDetails(other));
  });

  it('keep the order of lists, and keep types of values apart', () => {
    const texts = ['[1,2]', '[2,1]', '"1"', '1', 'null', 'true', '"e\u0301"', '"\u00e9"'];
    const parsed = texts.map((value) => parseAuthorizationDetails(`[{"type":"a","v":${value}}]`)[0]);
    expect(new Set(parsed).size).toBe(texts.length);
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
    '[{"type":"a","amount":9007199254740993}]',
    '[{"type":"a","amount":1e400}]',
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
