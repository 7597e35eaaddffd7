import { atEndOfAll } from '#test/at-end.js';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TokensAnswer } from '../management/operators-api.js';
import { launchBrowser, openPage } from '#test/browser.js';
import { answerWithMany } from '#test/ten-thousand-tokens.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { clientSecret } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const scopes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `scope:${letter}`);
/** Distinct scope sets: more than the page loads each time. */
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
    consumers: {
      all: { keys: [hash], allow: ['many', 'few'].map((client) => ({ client, scopes })) },
      ledger: { keys: [someKey().hash], allow: [{ client: 'few', scopes: ['scope:a', 'scope:h'] }] },
    },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
  await Promise.all(sets.map((set) => broker.get(`/token?client=many&scopes=${set.join('+')}`, key)));
  await broker.get('/token?client=few&scopes=scope:a+scope:h', key);
}, 60_000);

const rows = (page: Page) => page.locator('.token').count();
const count = (page: Page) => page.locator('#count').innerText();
const counted = (page: Page, words: string) =>
  until(async () => (await count(page)) === words, `the page counts ${words}`);

describe('with more tokens than the page loads each time', { timeout: 60_000 }, () => {
  it('the page shows all of them, though only rows near the screen exist', async () => {
    const { page } = await openPage(browser, broker.management);
    await counted(page, '211 tokens');
    expect(await rows(page)).toBeLessThan(150);
    const last = page.getByRole('list', { name: 'Tokens 201 to 210 of 210' });
    await last.scrollIntoViewIfNeeded();
    await until(async () => (await last.getByRole('listitem').count()) >= 10, 'the last rows exist');
  });

  it('the text that is looked for stays in the address, and leads to all tokens that have it', async () => {
    const { page } = await openPage(browser, broker.management);
    await page.getByLabel('Filter').fill('many scope:h');
    await counted(page, '83 tokens chosen');
    expect(await page.locator('.client h3').allTextContents()).toEqual(['many']);
    await page.reload();
    await counted(page, '83 tokens chosen');
    await page.getByLabel('Filter').fill('no such scope');
    await page.getByText('No token matches “no such scope”.').waitFor();
  });

  it('tokens are found by a consumer that may have them', async () => {
    const { page } = await openPage(browser, broker.management);
    await page.getByLabel('Filter').fill('ledger');
    await counted(page, '1 token chosen');
    expect(await page.locator('.identity').innerText()).toContain('used by all, ledger');
  });

  it('the choice of a client leaves out all others', async () => {
    const { page } = await openPage(browser, broker.management);
    await page.getByLabel('Client').selectOption('few');
    await counted(page, '1 token chosen');
    expect(await page.locator('.client h3').allTextContents()).toEqual(['few']);
    await page.getByLabel('Client').selectOption('');
    await counted(page, '211 tokens');
  });

  it('a client is folded and unfolded, alone and with all others, and stays so after a reload', async () => {
    const { page } = await openPage(browser, broker.management);
    await counted(page, '211 tokens');
    const few = page.getByRole('button', { name: 'few', exact: true });
    const own = page.locator('.client', { has: few }).locator('.token');
    await few.scrollIntoViewIfNeeded();
    await own.waitFor();
    await few.click();
    expect(await few.getAttribute('aria-expanded')).toBe('false');
    await until(async () => (await own.count()) === 0, 'its rows are gone');
    await page.reload();
    await counted(page, '211 tokens');
    expect(await few.getAttribute('aria-expanded')).toBe('false');
    await page.getByRole('button', { name: 'Fold all' }).click();
    await until(async () => (await rows(page)) === 0, 'all are folded');
    await page.getByRole('button', { name: 'Unfold all' }).click();
    await until(async () => (await rows(page)) > 0, 'all are unfolded');
  });

  it('the focus stays where it is while tokens around it are reported again', async () => {
    const { page } = await openPage(browser, broker.management);
    const button = page.getByRole('button', { name: 'Renew now' }).nth(20);
    await button.focus();
    const name = await button.textContent();
    for (let reports = 0; reports < 2; reports++) await page.waitForResponse(/api\/tokens\?/);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name);
  });

  it('only what has changed is loaded again, and a renewed token is among it', async () => {
    const { page } = await openPage(browser, broker.management);
    await counted(page, '211 tokens');
    const response = await page.waitForResponse(/api\/tokens\?.*changedSince=/);
    const { tokens } = (await response.json()) as TokensAnswer;
    expect(tokens.length).toBeLessThan(200);
    await page.getByLabel('Client').selectOption('few');
    await counted(page, '1 token chosen');
  });
});

describe('with 10,000 tokens of three clients', { timeout: 60_000 }, () => {
  it('all are counted and found, failing ones come first, and few rows exist', async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await answerWithMany(page, broker);
    await page.goto(broker.management);
    await counted(page, '10,000 tokens');
    expect(await rows(page)).toBeLessThan(150);
    expect(await page.locator('.client .count').allTextContents()).toEqual([
      '3,334 tokens, 1 failing',
      '3,333 tokens, 1 failing',
      '3,333 tokens, 1 failing',
    ]);
    expect(await page.locator('.client .token').first().getAttribute('data-state')).toBe('failing');
    await page.getByLabel('Filter').fill('tenant:9999');
    await counted(page, '1 token chosen');
    await page.getByLabel('Filter').fill('');
    await counted(page, '10,000 tokens');
    const last = page.getByRole('list', { name: 'Tokens 3326 to 3333 of 3333' }).last();
    await last.scrollIntoViewIfNeeded();
    await until(async () => (await last.getByRole('listitem').count()) >= 8, 'the last rows exist');
    expect(await rows(page)).toBeLessThan(300);
  });
});
