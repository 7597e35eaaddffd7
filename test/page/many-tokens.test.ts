import { atEndOfAll } from '#test/at-end.js';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { clientSecret } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const scopes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Distinct scope sets: more than a page of 200 holds. */
const sets = Array.from({ length: 210 }, (_, n) => scopes.filter((_scope, bit) => ((n + 1) >> bit) & 1));

const atEnd = atEndOfAll();
let browser: Browser;
let broker: BrokerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  atEnd(() => browser.close());
  const authentication = { method: 'client_secret_post' } as const;
  const clients = ['many', 'few'].map((clientId) => ({
    clientId,
    scopes,
    authentication,
    secrets: [clientSecret],
  }));
  const server = await runningServer({ clients }, atEnd);
  const { key, hash } = someKey();
  const fields = {
    tokenEndpoint: server.tokenEndpoint,
    clientSecret,
    clientAuthentication: 'client_secret_post',
    scopes,
    maxTokenRequestsPerMinute: 100_000,
  };
  const settings = {
    clients: { many: { ...fields, clientId: 'many' }, few: { ...fields, clientId: 'few' } },
    consumers: { all: { keys: [hash], allow: ['many', 'few'].map((client) => ({ client, scopes })) } },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
  await Promise.all(sets.map((set) => broker.get(`/token?client=many&scopes=${set.join('+')}`, key)));
  await broker.get('/token?client=few&scopes=a+h', key);
}, 60_000);

const rows = (page: Page) => page.locator('.token').count();
const ids = (page: Page) => page.locator('.identity').allTextContents();

describe('with more tokens than a page holds', { timeout: 60_000 }, () => {
  it('the page leads through all of them, and back', async () => {
    const { page } = await openPage(browser, broker.management);
    await until(async () => (await rows(page)) === 200, 'the first page is full');
    const first = await ids(page);
    await page.getByRole('button', { name: 'Next page' }).click();
    await until(async () => (await rows(page)) === 11, 'the second page has the rest');
    expect(new Set([...first, ...(await ids(page))]).size).toBe(211);
    expect(await page.getByRole('button', { name: 'Next page' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Previous page' }).click();
    await until(async () => (await rows(page)) === 200, 'the first page is back');
  });

  it('the filter finds tokens of any page, and the address keeps it', async () => {
    const { page } = await openPage(browser, broker.management);
    await page.getByLabel('Filter').fill('many a h');
    await until(async () => (await rows(page)) < 200 && (await rows(page)) > 0, 'the filter is in force');
    expect(await page.locator('.client h3').allTextContents()).toEqual(['many']);
    const found = await rows(page);
    await page.reload();
    await until(async () => (await rows(page)) === found, 'the filter outlives a reload');
    await page.getByLabel('Filter').fill('no such scope');
    await page.getByText('No token matches “no such scope”.').waitFor();
  });

  it('the choice of a client leaves out all others', async () => {
    const { page } = await openPage(browser, broker.management);
    await page.getByLabel('Client').selectOption('few');
    await until(async () => (await rows(page)) === 1, 'one token is left');
    expect(await page.locator('.client h3').allTextContents()).toEqual(['few']);
    await page.getByLabel('Client').selectOption('');
    await until(async () => (await rows(page)) === 200, 'all are back');
  });

  it('the focus stays where it is while tokens around it are told anew', async () => {
    const { page } = await openPage(browser, broker.management);
    const button = page.getByRole('button', { name: 'Renew now' }).nth(50);
    await button.focus();
    const name = await button.textContent();
    for (let reports = 0; reports < 2; reports++) await page.waitForResponse(/api\/tokens/);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name);
  });
});
