import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { parseRequestRecord, requestRecord } from './request-record.js';

describe('the record of a token request', () => {
  it('holds client, scopes and targets', () => {
    const client = someClient();
    const request = client.request(ScopeSet.parse('b a'), ['https://b.example', 'https://a.example']);
    const { client: name, scopes, targets } = parseRequestRecord(requestRecord(request))!;
    expect(name).toBe('rabot');
    expect(client.request(scopes, targets).key).toBe(request.key);
  });

  it('is never thrown over', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((object) => JSON.stringify(object)),
    );
    expect(() => fc.assert(fc.property(texts, (text) => void parseRequestRecord(text)))).not.toThrow();
  });

  it.each([
    'null',
    '[]',
    '{"client":"rabot","scopes":"a","targets":[]}',
    '["rabot"]',
    '[1,"a"]',
    '["rabot",["a"]]',
    '["rabot","\\""]',
    '["rabot","a",1]',
  ])('does not pass for a request as %s', (text) => {
    expect(parseRequestRecord(text)).toBeUndefined();
  });
});
