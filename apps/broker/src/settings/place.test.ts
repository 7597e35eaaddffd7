import { describe, expect, it } from 'vitest';
import { Findings, Place } from './place.js';

describe('a place in the settings', () => {
  it('is told by its path', () => {
    expect(new Place(new Findings()).key('clients').key('a-1').key('scopes').item(2).path).toBe(
      'clients.a-1.scopes[2]',
    );
  });

  it('a strange name is quoted and stays on one line of ASCII', () => {
    expect(new Place(new Findings()).key('a\n\u001b[31m\u2028b').path).toBe('"a\\n\\u001b[31m?b"');
    expect(new Place(new Findings()).key('x'.repeat(500)).path.length).toBeLessThan(90);
  });

  it('keeps the first fault, which tells the cause', () => {
    const findings = new Findings();
    const place = new Place(findings, 'a');
    place.fault('must be one thing');
    place.fault('must be another');
    expect(findings.faults).toEqual(['a: must be one thing']);
  });

  it('is clean unless there is a fault in it or below', () => {
    const findings = new Findings();
    const place = new Place(findings, 'a');
    place.key('b').item(0).fault('must be different');
    expect(place.clean).toBe(false);
    expect(place.cleanAt('c')).toBe(true);
    expect(place.cleanAt('c', 'b')).toBe(false);
    expect(new Place(findings, 'ab').clean).toBe(true);
    expect(place.key('b').item(1).clean).toBe(true);
  });
});
