import { atEndOfAll } from '#test/at-end.js';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { OpenApiDocument } from '../../apps/broker/src/core/openapi-document.js';
import { violations } from '#test/axe.js';
import { desktop, launchBrowser, openReadingPage, phone } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningScene } from '#test/running.js';

/** Where to look at what the page looked like. */
const pictures = join(tmpdir(), 'token-broker-docs-page');

const atEnd = atEndOfAll();
let browser: Browser;
let broker: BrokerProcess;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await launchBrowser();
  atEnd(() => browser.close());
  broker = await BrokerProcess.start(
    {
      publicUrl: 'https://tokens.example/broker/',
      clients: { rabot: client({ tokenEndpoint: 'https://auth.example/token' }) },
      consumers: { 'order-service': consumer(someKey()) },
    },
    { atEnd },
  );
}, 60_000);

const ports = ['consumers', 'management'] as const;

async function openDocs(options: BrowserContextOptions, port: (typeof ports)[number] = 'consumers') {
  const context = await browser.newContext({ viewport: desktop, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const [faults, requested]: [string[], string[]] = [[], []];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => faults.push(message.text()));
  page.on('request', (request) => requested.push(request.url()));
  await page.goto(`${broker[port]}/docs`);
  return { page, faults, requested };
}

describe('the page /docs', { timeout: 60_000 }, () => {
  it.each<[string, (typeof ports)[number], BrowserContextOptions]>([
    ['light', 'consumers', { colorScheme: 'light' }],
    ['dark-phone', 'management', { viewport: phone, colorScheme: 'dark' }],
    ['without-scripts', 'consumers', { javaScriptEnabled: false }],
  ])(
    'is readable by everybody, no wider than the screen, and asks nobody else: %s, on the port of %s',
    async (name, port, options) => {
      const { page, faults, requested } = await openDocs(options, port);
      await page.screenshot({ path: join(pictures, `${name}.png`) });
      expect(requested.filter((url) => !url.startsWith(broker[port]))).toEqual([]);
      expect(faults).toEqual([]);
      if (options.javaScriptEnabled === false) return;
      expect(await violations(page)).toEqual([]);
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
      expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    },
  );

  it('tells all that the document does', async () => {
    const { page } = await openDocs({});
    await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
    const told = (await page.locator('body').innerText()).replace(/\s+/g, ' ');
    const described = (await (await fetch(`${broker.management}/openapi.json`)).json()) as OpenApiDocument;
    const operations = Object.values(described.paths).flatMap((item) => Object.values(item));
    const words = operations.flatMap(({ summary, parameters, responses }) => [
      summary,
      ...parameters.flatMap(({ name, description }) => [name, description]),
      ...Object.entries(responses).flatMap(([status, { content, headers }]) => [
        status,
        ...(status === '200' ? Object.keys(headers) : []),
        ...Object.values(content ?? {}).flatMap(({ examples }) =>
          Object.values(examples).flatMap((example) => [example.summary, example.description ?? '']),
        ),
      ]),
    ]);
    const expected = [...Object.keys(described.paths), described.servers[0]!.url, ...words];
    const missing = expected.filter((text) => !told.includes(text.replaceAll('`', '').replace(/\s+/g, ' ')));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('leads to each endpoint, and to the document', async () => {
    const { page } = await openDocs({});
    await page.getByRole('navigation').getByText('/token/rejected').click();
    expect(new URL(page.url()).hash).toBe('#rejectToken');
    expect(await page.locator(':target').innerText()).toContain('rejected');
    const dangling = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')]
        .map(({ hash }) => hash)
        .filter((hash) => document.querySelector(hash) === null),
    );
    expect(dangling).toEqual([]);
    await page.getByRole('link', { name: 'openapi.json' }).click();
    expect(await page.locator('body').innerText()).toContain('"openapi":"3.1');
  });

  it('is the same on both ports, except for the link to the status page and the form that sends a request', async () => {
    const [here, there] = await Promise.all(
      ports.map(async (port) => (await fetch(`${broker[port]}/docs`)).text()),
    );
    const link = '<a href="./">Status</a>';
    expect(there).toContain(link);
    const form = '<script type="module" src="page/try-request.js"></script>';
    expect(here?.replace(form, '')).toBe(there?.replace(link, ''));
    const [described, alike] = await Promise.all(
      ports.map(async (port) => (await fetch(`${broker[port]}/openapi.json`)).json()),
    );
    expect(described).toEqual(alike);
  });

  it.each(ports)('comes with headers that keep everything else out, on the port of %s', async (port) => {
    const { headers } = await fetch(`${broker[port]}/docs`);
    const status = await fetch(`${broker.management}/`);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const name of [
      'content-security-policy',
      'x-content-type-options',
      'referrer-policy',
      'x-frame-options',
    ]) {
      expect([name, headers.get(name)]).toEqual([name, status.headers.get(name)]);
    }
  });

  it('requests a token with a key that stays in the page, and shows only its beginning', async () => {
    const scene = await runningScene();
    const { page, faults } = await openReadingPage(browser, `${scene.broker.consumers}/docs`);
    await page.getByLabel('API key').fill('tbk_wrong');
    await page.getByRole('button', { name: 'Request a token' }).click();
    const outcome = page.locator('section', { has: page.locator('#try') }).getByRole('status');
    await outcome.filter({ hasText: 'HTTP 401' }).waitFor();
    await page.getByLabel('API key').fill(scene.key);
    await page.getByLabel('Scopes').fill('api:partner');
    await page.getByRole('button', { name: 'Request a token' }).click();
    await outcome.filter({ hasText: 'HTTP 200' }).waitFor();
    const { body } = await scene.broker.get('/token?scopes=api:partner', scene.key);
    const accessToken = String(body['access_token']);
    expect(await outcome.innerText()).toContain(`${accessToken.slice(0, 12)}…`);
    expect(await page.content()).not.toContain(accessToken);
    expect(await page.content()).not.toContain(scene.key);
    const kept = await page.evaluate(() =>
      [location.href, ...Object.values(localStorage), document.cookie].join(),
    );
    expect(kept).not.toContain(scene.key);
    expect(faults).toEqual([]);
  });

  it('finds endpoints by their words, and copies an example', async () => {
    const { page } = await openDocs({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('searchbox', { name: 'Find' }).fill('rejected sha256');
    expect(await page.locator('article h3:visible').count()).toBeGreaterThan(0);
    expect(await page.locator('article h3:visible').count()).toBeLessThan(
      await page.locator('article h3').count(),
    );
    await page.getByRole('searchbox', { name: 'Find' }).fill('');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('curl');
  });
});
