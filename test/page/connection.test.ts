import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from '#test/browser.js';
import { runningScene } from '#test/running.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** As if the operator looked at another tab, or at this one again. */
function setHidden(page: Page, isHidden: boolean): Promise<void> {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
}

describe('the connection of the page to the broker', { timeout: 60_000 }, () => {
  it('is told when it is lost, with how old the data is, and when it is there again', async () => {
    const { broker, key } = await runningScene();
    await broker.get('/token', key);
    const { page } = await openPage(browser, broker.management);
    await page.locator('.token').waitFor();
    await page.context().setOffline(true);
    const alarm = page.getByRole('alert');
    await alarm.filter({ hasText: 'The broker does not answer' }).waitFor();
    expect(await alarm.innerText()).toMatch(/since \d\d:\d\d:\d\d\. The data shown is from \d\d:\d\d:\d\d/);
    expect(await page.locator('#feed').innerText()).toMatch(/^Stale: as of/);
    expect(await page.locator('.token').count()).toBe(1);
    await page.context().setOffline(false);
    await page.locator('#feed[data-feed="live"]').waitFor();
    expect(await alarm.count()).toBe(0);
  });

  it('is told when the broker was never reached', async () => {
    const { broker } = await runningScene();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route('**/api/tokens?*', (route) => route.abort());
    await page.goto(broker.management);
    const alarm = page
      .getByRole('alert')
      .filter({ hasText: 'The broker does not answer: it cannot be reached' });
    await alarm.waitFor();
    expect(await page.locator('#feed').innerText()).toBe('No answer');
    await context.close();
  });

  it('is used neither while the page is hidden nor while it is paused', async () => {
    const { broker } = await runningScene();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install();
    let asked = 0;
    page.on('request', (request) => (asked += request.url().includes('/api/tokens') ? 1 : 0));
    await page.goto(broker.management);
    await page.locator('#feed[data-feed="live"]').waitFor();
    await setHidden(page, true);
    const before = asked;
    await page.clock.runFor(60_000);
    expect(asked).toBe(before);
    const again = page.waitForResponse(/api\/tokens/);
    await setHidden(page, false);
    await (await again).finished();

    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = asked;
    await page.clock.runFor(60_000);
    expect(asked).toBe(paused);
    expect(await page.locator('#feed').innerText()).toMatch(/^Paused: as of/);
    const resumed = page.waitForResponse(/api\/tokens/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await resumed;
    await context.close();
  });
});
