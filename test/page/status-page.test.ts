import { execFileSync } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorsApi } from '../management/operators-api.js';
import { launchBrowser, openPage } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningScene, type Scene } from '#test/running.js';
import { until } from '#test/until.js';
import { leaksIn } from '../http/secret-forms.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const scopes = 'api:partner create:orders';

async function tokenOf({ broker, key }: Scene): Promise<string> {
  const { body } = await broker.get(`/token?scopes=${encodeURIComponent(scopes)}`, key);
  return String(body['access_token']);
}

/** The one token's row as it stands on the page. */
async function rowOf(page: Page): Promise<{ identity: string; lived: number }> {
  return page.locator('.token').evaluate((row) => ({
    identity: row.querySelector('.identity')!.textContent,
    lived: parseFloat(row.querySelector<HTMLElement>('.track')!.style.getPropertyValue('--now')),
  }));
}

describe('the status page', { timeout: 60_000 }, () => {
  it('shows a token with its scopes, its life and the state of its client', async () => {
    const scene = await runningScene();
    const { page, faults } = await openPage(browser, scene.broker.management);
    await page.getByText('No token yet').waitFor();
    await tokenOf(scene);
    const row = page.locator('.token');
    await row.waitFor();
    expect(await row.locator('.scope').allTextContents()).toEqual(['api:partner', 'create:orders']);
    const bar = await row.getByRole('img').first().getAttribute('aria-label');
    expect(bar).toMatch(
      /Issued .* ago; renewal .*, in \d+ minutes; expiry .*, in \d+ minutes\.|Issued .*, now;/,
    );
    expect(await page.locator('.client .chip').textContent()).toBe('Fine');
    expect(faults).toEqual([]);
  });

  it('moves a token that is renewed elsewhere, without a reload', async () => {
    const scene = await runningScene({}, { lifetime: 100 });
    await tokenOf(scene);
    const { page } = await openPage(browser, scene.broker.management);
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    const element = await page.locator('.token').elementHandle();
    await until(async () => (await rowOf(page)).lived > 10, 'the token may be renewed');
    const before = await rowOf(page);
    const order = { client: 'rabot', scopes: scopes.split(' '), resources: [] };
    expect((await new OperatorsApi(scene.broker).renew(order)).status).toBe(200);
    await until(async () => (await rowOf(page)).identity !== before.identity, 'the new token is shown');
    expect((await rowOf(page)).lived).toBeLessThan(before.lived);
    expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
    expect(await element!.evaluate((row) => row.isConnected)).toBe(true);
  });

  it('names a refused credential in words within 5 s', async () => {
    const scene = await runningScene({}, { lifetime: 12 });
    await tokenOf(scene);
    const { page } = await openPage(browser, scene.broker.management);
    scene.server.replaceSecrets('whitelabel', ['not-the-same-secret']);
    await scene.broker.logged((line) => line['upstreamError'] === 'invalid_client');
    await page.locator('.client .reason', { hasText: /refuse/i }).waitFor({ timeout: 5_000 });
    expect(await page.locator('.client .chip').textContent()).toBe('Credential refused');
    expect(await page.locator('.client .reason').textContent()).toMatch(/invalid_client.*Next attempt at/s);
    expect(await page.locator('#troubles-list').textContent()).toContain('rabot: credential refused');
    await until(
      async () => /rabot: credential refused/.test(await page.locator('#announcer').innerText()),
      'it is read out',
    );
  });

  it('shows the renewals and failures of the last 24 hours, counted by the replica', async () => {
    const scene = await runningScene({}, { lifetime: 12 });
    await tokenOf(scene);
    const { page } = await openPage(browser, scene.broker.management);
    const day = page.locator('.day');
    const shows = (words: RegExp) =>
      until(async () => words.test((await day.getAttribute('aria-label')) ?? ''), `the day says ${words}`);
    await shows(/Last 24 hours: [1-9]\d* renewals?, 0 failed attempts/);
    scene.server.misbehave({ answer: { status: 503 } });
    await shows(/Last 24 hours: [1-9]\d* renewals?, [1-9]\d* failed attempts?, the last after/);
    expect(await day.locator('.failed').getAttribute('d')).toMatch(/^M/);
  });

  it('copies a command that requests the token by a key of the environment', async () => {
    const scene = await runningScene();
    const accessToken = await tokenOf(scene);
    const { page } = await openPage(browser, scene.broker.management, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByRole('button', { name: 'Copy curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const output = execFileSync(
      'sh',
      ['-c', command.replace(/http:[^']*\/token/, `${scene.broker.consumers}/token`)],
      {
        encoding: 'utf8',
        env: { ...process.env, TOKEN_BROKER_KEY: scene.key },
      },
    );
    expect(JSON.parse(output)).toMatchObject({ access_token: accessToken });
  });

  it('names the faults of settings that were refused, with the section of the runbook', async () => {
    const scene = await runningScene();
    const { page } = await openPage(browser, scene.broker.management);
    scene.broker.rewrite('clients: [these, are, none]');
    const trouble = page.locator('#troubles-list > li');
    await trouble.getByText('The last change of the settings was refused').waitFor();
    expect(await trouble.locator('.details li').first().innerText()).toContain('clients');
    const link = trouble.getByRole('link', { name: 'Runbook: TokenBrokerSettingsRefused' });
    expect(await link.getAttribute('href')).toBe('runbook#tokenbrokersettingsrefused');
  });

  it('says its version, the time zone of its times and where the dashboard is', async () => {
    const scene = await runningScene();
    const management = { host: '127.0.0.1', port: 0, dashboardUrl: 'https://grafana.example/d/broker' };
    const settings = {
      management,
      clients: { rabot: client(scene.server) },
      consumers: { 'order-service': consumer(someKey()) },
    };
    const broker = await BrokerProcess.start(settings);
    const { page } = await openPage(browser, broker.management, { timezoneId: 'Asia/Kolkata' });
    expect(await page.locator('#version').innerText()).toMatch(/^version \d+\.\d+\.\d+/);
    expect(await page.locator('#zone').innerText()).toMatch(
      /^Times are in Asia\/(Kolkata|Calcutta) \(GMT\+05:30\)\.$/,
    );
    const dashboard = page.getByRole('link', { name: 'Dashboard' });
    expect(await dashboard.getAttribute('href')).toBe(management.dashboardUrl);
  });

  it('shows what an authorization server says as text, never as markup', async () => {
    const scene = await runningScene();
    const said = '<img src=x onerror="document.title=1"><b>bold</b>';
    const refusal = { error: 'invalid_client', error_description: said };
    scene.server.misbehave({ answer: { status: 401, json: refusal } });
    await tokenOf(scene);
    const { page, faults } = await openPage(browser, scene.broker.management);
    await page.locator('.client .reason', { hasText: said }).waitFor();
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(await page.title()).toBe('(1) Token broker');
    expect(faults).toEqual([]);
  });

  it('holds no token and no secret, in its source or in any answer', async () => {
    const scene = await runningScene({}, { lifetime: 12 });
    const tokens = [await tokenOf(scene)];
    const context = await browser.newContext();
    const page = await context.newPage();
    const heard: Promise<string>[] = [];
    page.on('response', (answer) => heard.push(answer.text().catch(() => '')));
    await page.goto(scene.broker.management);
    const { identity } = await rowOf(page);
    await until(async () => (await rowOf(page)).identity !== identity, 'the token is renewed');
    tokens.push(await tokenOf(scene));
    const source = await page.content();
    await context.close();
    const answers = await Promise.all(heard);
    expect(answers.some((text) => text.includes(identity.slice(0, 12)))).toBe(true);
    const secrets = new Map([
      ['client secret', clientSecret],
      ['API key', scene.key],
      ...tokens.map((token, n) => [`token ${n}`, token] as const),
    ]);
    expect(leaksIn([source, ...answers].join('\n'), secrets)).toEqual([]);
  });
});
