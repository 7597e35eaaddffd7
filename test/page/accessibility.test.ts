import { atEndOfAll } from '#test/at-end.js';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { OperatorsApi } from '../management/operators-api.js';
import { violations } from '#test/axe.js';
import { desktop, launchBrowser, openPage, phone } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

/** Where to look at what the page looked like. */
const pictures = join(tmpdir(), 'token-broker-status-page');

const atEnd = atEndOfAll();
let browser: Browser;
/** One with tokens, a client that is refused and one that cools down; and one without a token. */
let busy: BrokerProcess;
let empty: BrokerProcess;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await launchBrowser();
  atEnd(() => browser.close());
  const ids = ['crm', 'ledger', 'whitelabel'];
  const server = await runningServer({ clients: ids.map((id) => registration(id)) }, atEnd);
  // Its tokens come to their end, and no new one is to be had.
  server.misbehave({ client: 'crm', lifetime: 12 });
  server.replaceSecrets('ledger', ['not-the-same-secret']);
  const { key, hash } = someKey();
  const names = { crm: 'crm', ledger: 'ledger', rabot: 'whitelabel' };
  const clients = Object.fromEntries(
    Object.entries(names).map(([name, clientId]) => [name, client(server, { clientId })]),
  );
  const scopes = ['api:partner', 'create:orders', 'role:finance-reporting'];
  const consumers = { 'order-service': consumer({ hash }, scopes, Object.keys(names)) };
  busy = await BrokerProcess.start({ clients, consumers }, { atEnd });
  const sole = { clients: { rabot: client(server) }, consumers: { 'order-service': consumer({ hash }) } };
  empty = await BrokerProcess.start(sole, { atEnd });
  for (const name of Object.keys(names)) {
    for (const wanted of ['api:partner', scopes.join('+')]) {
      await busy.get(`/token?client=${name}&scopes=${wanted}`, key);
    }
  }
  server.misbehave({ client: 'crm', answer: { retryAfter: 3600 } });
  const isFailing = async () => {
    const { tokens } = await new OperatorsApi(busy).tokens();
    return tokens.some(({ lastFailure }) => lastFailure !== undefined);
  };
  await until(isFailing, 'a renewal has failed');
}, 60_000);

interface State {
  name: string;
  broker: () => BrokerProcess;
  options?: BrowserContextOptions;
  arrange?: (page: Page) => Promise<unknown>;
}

const states: State[] = [
  { name: 'light', broker: () => busy, options: { colorScheme: 'light' } },
  { name: 'dark', broker: () => busy, options: { colorScheme: 'dark' } },
  { name: 'phone', broker: () => busy, options: { viewport: phone } },
  { name: 'dark-phone', broker: () => busy, options: { viewport: phone, colorScheme: 'dark' } },
  { name: 'empty', broker: () => empty },
  { name: 'dialog', broker: () => busy, arrange: askToRenew },
  {
    name: 'dark-dialog-phone',
    broker: () => busy,
    arrange: askToRenew,
    options: { viewport: phone, colorScheme: 'dark' },
  },
  { name: 'nothing-found', broker: () => busy, arrange: findNothing },
  { name: 'lost', broker: () => busy, arrange: loseTheBroker },
  { name: 'dark-lost', broker: () => busy, arrange: loseTheBroker, options: { colorScheme: 'dark' } },
];

async function askToRenew(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Renew now' }).first().click();
  await page.getByRole('dialog').waitFor();
}

async function findNothing(page: Page): Promise<void> {
  await page.getByLabel('Filter').fill('nothing has this scope');
  await page.getByText('No token matches').waitFor();
}

async function loseTheBroker(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await page.getByRole('alert').waitFor();
}

describe('the status page', { timeout: 60_000 }, () => {
  it.each(states)('is usable by everybody, and no wider than the screen: $name', async (state) => {
    const options = { viewport: desktop, reducedMotion: 'reduce', ...state.options } as const;
    const { page, faults } = await openPage(browser, state.broker().management, options);
    await state.arrange?.(page);
    await page.screenshot({ path: join(pictures, `${state.name}.png`), fullPage: true });
    expect(await violations(page)).toEqual([]);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
    expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    expect(faults).toEqual([]);
  });

  it('moves nothing for those who want it still', async () => {
    const { page } = await openPage(browser, busy.management, { reducedMotion: 'reduce' });
    const spent = page.locator('.track .spent').first();
    expect(await spent.evaluate((bar) => getComputedStyle(bar).transitionDuration)).toMatch(/^0s/);
  });
});
