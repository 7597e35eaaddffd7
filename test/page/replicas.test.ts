import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorsApi } from '../management/operators-api.js';
import { launchBrowser, openPage } from '#test/browser.js';
import { runningReplicas } from '#test/replicas.js';
import { until } from '#test/until.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe('with two replicas on Redis', { timeout: 60_000 }, () => {
  it('the page of each shows both, and a token that either got', async () => {
    const { another, key } = await runningReplicas({ count: 0 });
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => another({ HOSTNAME: `replica-${name}` })),
    );
    await other!.get('/token?scopes=a+b', key);
    const { page, faults } = await openPage(browser, one!.management);
    await page.locator('.token', { hasText: 'in Redis' }).waitFor();
    const facts = page.locator('#facts');
    await facts.getByText('replica-other').waitFor();
    expect(await facts.innerText()).toMatch(/Redis is up/);
    expect(await page.locator('#replica').textContent()).toBe('replica-one');
    expect(faults).toEqual([]);
  });

  it('a renewal ordered at one replica moves the token on the page of the other', async () => {
    const { brokers, key } = await runningReplicas({ count: 2 });
    await brokers[0]!.get('/token?scopes=a+b', key);
    const [page, other] = await Promise.all(
      brokers.map(async ({ management }) => (await openPage(browser, management)).page),
    );
    const fingerprintOn = async (one: Page) => (await one.locator('.identity').textContent())!.slice(0, 12);
    const before = await fingerprintOn(other!);
    const api = new OperatorsApi(brokers[0]!);
    const isOldEnough = async () => Number((await api.tokens()).tokens[0]!['ageSeconds']) >= 10;
    await until(isOldEnough, 'the token may be renewed');
    await page!.getByRole('button', { name: 'Renew now' }).click();
    await page!.getByRole('dialog').getByRole('button', { name: 'Renew now' }).click();
    await page!.getByRole('status').filter({ hasText: 'Renewed: many, a b' }).waitFor();
    await until(async () => (await fingerprintOn(other!)) !== before, 'the other page has the new one');
    expect(await fingerprintOn(page!)).toBe(await fingerprintOn(other!));
  });

  it('the page says that Redis is down, keeps the replicas last known, and says that it is up again', async () => {
    const { another, redis, key } = await runningReplicas({ count: 0 });
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => another({ HOSTNAME: `replica-${name}` })),
    );
    await one!.get('/token?scopes=a', key);
    const { page } = await openPage(browser, one!.management);
    const facts = page.locator('#facts');
    await facts.getByText('replica-other').waitFor();
    await redis.kill('SIGKILL');
    await page.locator('#troubles-list').getByText('Redis is down').waitFor();
    await facts.getByText('Last known: replica-other').waitFor();
    expect(await page.locator('.token').count()).toBe(1);
    await redis.restart();
    await facts.getByText('Redis is up').waitFor();
    await until(async () => page.locator('#troubles').isHidden(), 'nothing needs attention');
    expect(other).toBeDefined();
  });
});
