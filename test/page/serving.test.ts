import { atEndOfAll } from '#test/at-end.js';
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import { runningScene } from '#test/running.js';

const assets = readdirSync(new URL('../../apps/broker/src/management/page/assets/', import.meta.url));
const paths = assets.map((name) => (name === 'index.html' ? '/' : `/page/${name}`));

const atEnd = atEndOfAll();
let broker: BrokerProcess;
const get = (path: string, headers = {}) => fetch(`${broker.management}${path}`, { headers });

beforeAll(async () => {
  ({ broker } = await runningScene({}, {}, atEnd));
});

describe('the files of the status page', () => {
  it.each(paths)('come with headers that keep everything else out: %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    const policy = new Set(answer.headers.get('content-security-policy')?.split('; '));
    for (const directive of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(directive);
    }
  });

  it('are of the types that a browser takes', async () => {
    const types = await Promise.all(
      ['/', '/page/main.js', '/page/status.css', '/page/icon.svg'].map(
        async (path) => (await get(path)).headers.get('content-type')?.split(';')[0],
      ),
    );
    expect(types).toEqual(['text/html', 'text/javascript', 'text/css', 'image/svg+xml']);
  });

  it('name nothing outside: the page works where the internet does not', async () => {
    const texts = await Promise.all(paths.map(async (path) => (await get(path)).text()));
    const addresses = texts.flatMap((text) => text.match(/https?:\/\/[^"'`\s)]+/g) ?? []);
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  });

  it('are sent again only when they have changed', async () => {
    const etag = (await get('/page/main.js')).headers.get('etag') ?? '';
    const again = await get('/page/main.js', { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get('/page/main.js', { 'if-none-match': '"another"' })).status).toBe(200);
  });

  it.each([
    '/page/',
    '/page/none.js',
    '/page/constructor',
    '/page/index.html',
    '/page/..%2fpage-assets.js',
    '/page/%2e%2e%2fpage-assets.js',
    '/page/..%5cpage-assets.js',
    '/page//etc/passwd',
  ])('are all there is: %s is not found', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });
});
