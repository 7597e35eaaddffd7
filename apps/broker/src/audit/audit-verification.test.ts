import { createHash } from 'node:crypto';
import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { AuditChain } from './audit-chain.js';
import { namesOf } from './audit-fields.js';
import { AuditLog } from './audit-log.js';
import { type AuditFinding, AuditVerification } from './audit-verification.js';

const key = createHash('sha256').update('not a real key').digest();
const origin = { service: 'token-broker', version: '0.0.0', replica: 'replica-1' };

/** The log of a run with these pauses in milliseconds before each of its lines. */
function run(pauses: readonly number[], sealingKey = key): string[] {
  const lines: string[] = [];
  let now = Date.parse('2026-11-26T12:00:00Z');
  const output = { write: (line: string) => void lines.push(line.slice(0, -1)) };
  const log = new AuditLog({
    output,
    names: namesOf('native'),
    origin,
    chain: new AuditChain(sealingKey),
    now: () => now,
  });
  for (const [n, pause] of pauses.entries()) {
    now += pause;
    log.line('info', { audit: 'served', requestId: `request-${n}`, consumer: 'orders' }, 'token served');
  }
  log.end();
  return lines;
}

function verified(lines: readonly string[], isPartial = false): AuditFinding[] {
  const verification = new AuditVerification({ key, isPartial });
  for (const [n, line] of lines.entries()) verification.read(line, `log:${n + 1}`);
  verification.end();
  return verification.findings;
}

/** Two runs one after the other, and a third beside them, with lines of the log that are no audit in between. */
const log = fc
  .tuple(
    fc.array(fc.nat(90), { minLength: 1, maxLength: 120 }),
    fc.array(fc.nat(90), { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(90), { maxLength: 40 }),
  )
  .map(([one, two, beside]) => {
    const [ours, others] = [[...run(one), ...run(two)], run(beside)];
    return ours
      .flatMap((line, n) => [line, ...(others[n] ? [others[n], '{"level":"info","msg":"listening"}'] : [])])
      .concat(others.slice(ours.length));
  });

const chainOf = (line: string) => /"chain":"([\w-]+)"/.exec(line)?.[1];

/** Undefined where nothing of a chain is left, or nothing of any was taken: a run that is missing as a whole leaves no trace. */
function leavesAll(lines: string[], rest: string[]): string[] | undefined {
  const [before, after] = [lines, rest].map((some) => some.map(chainOf).filter((id) => id !== undefined));
  return new Set(before).size === new Set(after).size && before!.length > after!.length ? rest : undefined;
}

/** Each makes another log of one, or undefined where it would be the same. */
const alterations: Record<string, (lines: string[], one: number, other: number) => string[] | undefined> = {
  drop: (lines, one) => (chainOf(lines[one]!) ? lines.toSpliced(one, 1) : undefined),
  swap(lines, one, other) {
    if (
      one === other ||
      chainOf(lines[one]!) === undefined ||
      chainOf(lines[one]!) !== chainOf(lines[other]!)
    )
      return undefined;
    return lines.with(one, lines[other]!).with(other, lines[one]!);
  },
  duplicate: (lines, one, other) =>
    chainOf(lines[one]!) ? lines.toSpliced(other, 0, lines[one]!) : undefined,
  edit(lines, one, other) {
    const line = lines[one]!;
    if (chainOf(line) === undefined) return undefined;
    const at = other % line.length;
    const changed = line[at] === 'x' ? 'y' : 'x';
    return lines.with(one, line.slice(0, at) + changed + line.slice(at + 1));
  },
  truncate: (lines, one) => leavesAll(lines, lines.slice(0, one)),
  'cut a line': (lines, one, other) =>
    leavesAll(lines, [...lines.slice(0, one), lines[one]!.slice(0, other % lines[one]!.length)]),
};

describe('a verified audit', () => {
  it('has no finding where nothing was altered, in any mixture of runs', () => {
    fc.assert(
      fc.property(log, (lines) => {
        expect(verified(lines)).toEqual([]);
      }),
    );
  });

  it.each(Object.keys(alterations))('has a finding after each alteration: %s', (name) => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (lines, one, other) => {
        const altered = alterations[name]!(lines, one % lines.length, other % lines.length);
        fc.pre(altered !== undefined);
        expect(verified(altered!)).not.toEqual([]);
      }),
    );
  });

  it('says which line is missing, altered, copied or moved', () => {
    const lines = run([0, 50, 50, 50, 50]);
    expect(verified(lines.toSpliced(2, 1))).toMatchObject([{ kind: 'missing', detail: 'line 2 is missing' }]);
    expect(verified(lines.with(2, lines[2]!.replace('orders', 'others')))).toMatchObject([
      { kind: 'altered', place: 'log:3' },
    ]);
    expect(verified(lines.toSpliced(4, 0, lines[2]!))).toMatchObject([
      { kind: 'duplicate', place: 'log:5', detail: 'line 2 is repeated' },
    ]);
    expect(verified(lines.with(2, lines[3]!).with(3, lines[2]!))).toContainEqual(
      expect.objectContaining({ kind: 'out of order', detail: 'line 2 comes after line 3' }),
    );
    expect(verified(lines.slice(0, -1))).toMatchObject([
      { kind: 'missing', detail: expect.stringContaining('end') },
    ]);
  });

  it('is no log that was written anew without the key', () => {
    const forged = run([0, 50, 50], createHash('sha256').update('another key').digest());
    expect(verified(forged).map(({ kind }) => kind)).toContain('altered');
  });

  it('is none whose lines go on without heads', () => {
    const lines = run([0, 200_000, 50]);
    expect(verified(lines)).toMatchObject([{ kind: 'unsealed' }]);
  });

  it('may be a part, whose beginning and end are elsewhere', () => {
    const lines = run(Array.from({ length: 200 }, () => 10));
    const part = lines.slice(50, 150);
    expect(verified(part, true)).toEqual([]);
    expect(verified(part)).not.toEqual([]);
    expect(verified(part.toSpliced(70, 1), true)).not.toEqual([]);
  });
});
