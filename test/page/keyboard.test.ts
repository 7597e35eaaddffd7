import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorsApi, type Row } from '../management/operators-api.js';
import { launchBrowser, openPage } from '#test/browser.js';
import { runningScene, type Scene } from '#test/running.js';
import { until } from '#test/until.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function firstRow({ broker }: Scene): Promise<Row> {
  return (await new OperatorsApi(broker).tokens()).tokens[0]!;
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
const isOpen = (page: Page) => page.getByRole('dialog').isVisible();

/** Presses the key that goes to the next control until it is this one. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    if ((await focused(page)).startsWith(name)) return;
  }
  throw new Error(`no key press led to ${name}`);
}

describe('with the keyboard alone', { timeout: 60_000 }, () => {
  it('a token is renewed: found, asked about, left alone, asked about again, confirmed, and told', async () => {
    const scene = await runningScene();
    await scene.broker.get('/token', scene.key);
    await until(async () => Number((await firstRow(scene))['ageSeconds']) >= 10, 'the token may be renewed');
    const before = await firstRow(scene);
    const { page, faults } = await openPage(browser, scene.broker.management);
    await page.locator('.token').waitFor();

    await tabTo(page, 'Renew now');
    await page.keyboard.press('Enter');
    expect(await isOpen(page)).toBe(true);
    expect(await page.getByRole('dialog').innerText()).toContain('api:partner create:orders');
    await page.keyboard.press('Escape');
    await until(async () => !(await isOpen(page)), 'the dialog is closed');
    expect(await focused(page)).toMatch(/^Renew now/);
    expect((await firstRow(scene)).fingerprint).toBe(before.fingerprint);

    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Renewed: rabot, api:partner create:orders' }).waitFor();
    expect(await focused(page)).toMatch(/^Renew now/);
    const after = await firstRow(scene);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    await page.locator('.identity', { hasText: after.fingerprint! }).waitFor();

    // Once more is too soon: the broker says so, and the page passes it on.
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Not renewed: rabot' }).waitFor();
    expect(await page.locator('#notice').innerText()).toMatch(/HTTP 429.*Try again in \d+ s/s);
    expect(faults).toEqual([]);
  });

  it('the tokens are reached past everything above them', async () => {
    const scene = await runningScene();
    const { page } = await openPage(browser, scene.broker.management);
    await tabTo(page, 'Skip to the tokens');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('section')?.id)).toBe('tokens');
  });
});
