import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { launchBrowser } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { IdentityProvider, operatorClient } from '#test/identity-provider.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';

const atEnd = atEndOfAll();
let browser: Browser;
let broker: BrokerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  atEnd(() => browser.close());
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const people = { ann: ['platform'], bob: ['staff'], eve: [] };
  const provider = await IdentityProvider.start(people, [`${publicUrl}/login/callback`], atEnd);
  const server = await runningServer({}, atEnd);
  const oidc = {
    issuer: provider.issuer,
    ...operatorClient,
    scopes: ['openid', 'profile', 'groups'],
    roles: { viewer: ['staff'], operator: ['platform'] },
  };
  const { key, hash } = someKey();
  broker = await BrokerProcess.start(
    {
      management: { host: '127.0.0.1', port, publicUrl, authentication: { oidc } },
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    },
    { atEnd },
  );
  await broker.get('/token', key);
}, 60_000);

/** A page in a profile of its own. */
async function somePage(): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

async function logIn(page: Page, name: string): Promise<void> {
  await page.goto(broker.management);
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL(`${broker.management}/`);
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return (results as AxeResults).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.failureSummary}`);
}

describe('logging in', { timeout: 60_000 }, () => {
  it('leads an operator from the status page to the provider and back, and renews in its name', async () => {
    const page = await somePage();
    await logIn(page, 'ann');
    await page.getByText('ann (operator)').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Renew now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Renew now' }).click();
    const line = await broker.logged(({ by }) => by === 'operator');
    expect(line).toMatchObject({ operator: 'ann', operatorSubject: 'ann', authentication: 'oidc' });
  });

  it('shows a viewer all, and offers nothing to change', async () => {
    const page = await somePage();
    await logIn(page, 'bob');
    await page.getByText('bob (viewer)').waitFor();
    await page.locator('.token').first().waitFor();
    expect(await page.getByRole('button', { name: 'Renew now' }).count()).toBe(0);
    expect(await violations(page)).toEqual([]);
  });

  it('says to a person without a role that it has none', async () => {
    const page = await somePage();
    await logIn(page, 'eve');
    await page.getByText('eve has no role, but this requires').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Log out' }).click();
    await page.getByText('has ended').waitFor();
  });

  it('ends with the log-out: the page leads to the provider again', async () => {
    const page = await somePage();
    await logIn(page, 'bob');
    await page.getByRole('link', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Logged out' }).waitFor();
    const styled = () => page.locator('.top').evaluate((top) => getComputedStyle(top).display);
    await expect.poll(styled).toBe('flex');
    expect(await violations(page)).toEqual([]);
    const kept = await page.context().cookies(broker.management);
    expect(kept.map(({ name }) => name)).not.toContain('__Host-token-broker-session');
    await page.context().clearCookies();
    await page.goto(broker.management);
    await page.getByLabel('Name').waitFor();
  });

  it('is asked for again by an open page whose session has ended', async () => {
    const page = await somePage();
    await logIn(page, 'bob');
    await page.getByText('bob (viewer)').waitFor();
    await page.context().clearCookies();
    await page.getByLabel('Name').waitFor();
    expect(page.url()).not.toContain(broker.management);
  });

  it('keeps the cookie from scripts, and to its own host', async () => {
    const page = await somePage();
    await logIn(page, 'ann');
    const cookies = await page.context().cookies(broker.management);
    const cookie = cookies.find(({ name }) => name.startsWith('__Host-'));
    expect(cookie).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
      domain: '127.0.0.1',
    });
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });
});
