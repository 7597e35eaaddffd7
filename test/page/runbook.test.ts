import { atEndOfAll } from '#test/at-end.js';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { violations } from '#test/axe.js';
import { desktop, launchBrowser, openReadingPage, phone } from '#test/browser.js';
import type { BrokerProcess } from '#test/broker-process.js';
import { runningScene } from '#test/running.js';
import { alerts } from '../prometheus/rule-files.js';

const atEnd = atEndOfAll();
let browser: Browser;
let broker: BrokerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  atEnd(() => browser.close());
  ({ broker } = await runningScene({}, {}, atEnd));
});

describe('the page /runbook', { timeout: 60_000 }, () => {
  it.each([
    { name: 'light', options: { viewport: desktop, colorScheme: 'light' } as const },
    { name: 'dark, on a phone', options: { viewport: phone, colorScheme: 'dark' } as const },
  ])('is readable by everybody, and no wider than the screen: $name', async ({ options }) => {
    const { page, faults } = await openReadingPage(browser, `${broker.management}/runbook`, options);
    expect(await violations(page)).toEqual([]);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
    expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    expect(faults).toEqual([]);
  });

  it('has a section for each alert where its link leads', async () => {
    const { page } = await openReadingPage(browser, `${broker.management}/runbook`);
    const ids = await page.locator('article h2').evaluateAll((titles) => titles.map(({ id }) => id));
    const sections = alerts.map(({ annotations }) => new URL(annotations.runbook_url).hash.slice(1));
    expect(ids.toSorted()).toEqual(sections.toSorted());
  });

  it('copies a command, and finds sections by their words', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page } = await openReadingPage(browser, `${broker.management}/runbook`, { permissions });
    const section = page.locator('article', { has: page.locator('#tokenbrokerredisdown') });
    await section.getByRole('button', { name: 'Copy' }).first().click();
    await section.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('token_broker_store_up');
    await page.getByLabel('Find').fill('majority lockNodes');
    await page.locator('#tokenbrokerredisdown').waitFor({ state: 'hidden' });
    expect(await page.locator('article h2:visible').allTextContents()).toEqual(['TokenBrokerLockErrors']);
    await page.getByLabel('Find').fill('no such words');
    await page.getByText('No matches.').waitFor();
  });
});
