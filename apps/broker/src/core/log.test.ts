import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { captureConsole, createLog, NestLog } from './log.js';

const secret = 'not-a-real-secret';

/** The lines that an act writes. */
function linesOf(act: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  act(createLog({ write: (line) => void lines.push(JSON.parse(line)) }));
  return lines;
}

describe('the log', () => {
  it('writes JSON lines with a level and an ISO time', () => {
    const [line] = linesOf((log) => log.info({ client: 'rabot' }, 'token renewed'));
    expect(line).toEqual({ level: 'info', time: expect.any(String), client: 'rabot', msg: 'token renewed' });
    expect(new Date(String(line!['time'])).toISOString()).toBe(line!['time']);
  });

  it.each([
    'authorization',
    'access_token',
    'client_secret',
    'client_assertion',
    'clientSecret',
    'accessToken',
    'password',
  ])('cuts out %s, down to the third level', (field) => {
    const [line] = linesOf((log) =>
      log.info({ [field]: secret, one: { [field]: secret, two: { [field]: [secret] } } }, 'message'),
    );
    expect(JSON.stringify(line)).not.toContain(secret);
    expect(line).toMatchObject({ [field]: '[redacted]', one: { [field]: '[redacted]' } });
  });

  it('prints no secret that guards itself', () => {
    const guarded = new Secret(secret);
    const lines = linesOf((log) =>
      log.info({ guarded, text: `${guarded}`, seen: inspect(guarded) }, String(guarded)),
    );
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  it('prints of an error its name, message, code and causes, and nothing that a library hung on it', () => {
    const cause = Object.assign(new TypeError('reset'), { request: { headers: { cookie: secret } } });
    const error = Object.assign(new Error('failed', { cause }), { code: 'ECONNRESET', body: secret });
    const [line] = linesOf((log) => log.error({ err: error }, 'message'));
    expect(line!['err']).toEqual({
      name: 'Error',
      message: 'failed',
      code: 'ECONNRESET',
      stack: expect.stringContaining('log.test') as string,
      cause: { name: 'TypeError', message: 'reset', stack: expect.any(String) as string },
    });
    expect(JSON.stringify(line)).not.toContain(secret);
  });

  it('prints of a thrown value that is no error its type only', () => {
    const lines = linesOf((log) => {
      log.error({ err: secret }, 'message');
      log.error({ err: { body: secret } }, 'message');
    });
    expect(lines.map(({ err }) => err)).toEqual([{ message: 'string' }, { message: 'object' }]);
  });

  it('takes the lines of Nest in, and keeps its small talk to itself', () => {
    const lines = linesOf((log) => {
      const nest = new NestLog(log);
      nest.log('Mapped {/token, GET} route');
      nest.warn('careful');
      nest.error(new Error('failed'));
    });
    expect(lines).toMatchObject([
      { level: 'warn', nest: true, msg: 'careful' },
      { level: 'error', nest: true, err: { message: 'failed' } },
    ]);
  });
});

/* oxlint-disable no-console -- libraries write to it */
describe('the console of libraries', () => {
  it('is logged as JSON, the same line once a minute with the number of those left out', () => {
    const before = { ...console };
    onTestFinished(() => void Object.assign(console, before));
    let now = 0;
    const lines = linesOf((log) => {
      captureConsole(log, () => now);
      for (let n = 0; n < 500; n++) console.warn('[ioredis] Unhandled error event: %s', 'ECONNREFUSED');
      console.error('[ioredis] another');
      now += 60_000;
      console.warn('[ioredis] Unhandled error event: ECONNREFUSED');
    });
    expect(lines.map(({ level, msg, library, leftOut }) => [level, msg, library, leftOut])).toEqual([
      ['warn', '[ioredis] Unhandled error event: ECONNREFUSED', true, undefined],
      ['error', '[ioredis] another', true, undefined],
      ['warn', '[ioredis] Unhandled error event: ECONNREFUSED', true, 499],
    ]);
  });
});
