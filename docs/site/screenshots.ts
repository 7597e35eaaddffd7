import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, phone } from '#test/browser.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { IdentityProvider, operatorClient } from '#test/identity-provider.js';
import { client, consumer, registration } from '#test/partner.js';
import { RedisServer } from '#test/redis-server.js';
import { runningServer } from '#test/running.js';
import { answerWithMany } from '#test/ten-thousand-tokens.js';

/** `npm run screenshots`: the pictures of docs/how-to/status-page.md, by a real broker and Chromium. */
const folder = join(import.meta.dirname, '../images/status-page');
/** The same without loss, to look at. */
const sharp = join(tmpdir(), 'token-broker-screenshots');
const small = { width: 1000, height: 620 };

const ends: (() => Promise<unknown> | void)[] = [];
const atEnd = (end: () => Promise<unknown> | void) => void ends.unshift(end);
const scopes = ['api:partner', 'create:orders', 'role:finance-reporting'];
const names = ['crm', 'ledger', 'rabot'];

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser();
  atEnd(() => browser.close());
  const redis = await RedisServer.start();
  atEnd(() => redis.stop());
  const server = await runningServer({ clients: names.map((name) => registration(name)) }, atEnd);
  const key = someKey();
  const store = {
    redis: { url: redis.url, encryptionKeys: [{ id: 'one', key: Buffer.alloc(32, 1).toString('base64') }] },
  };
  const settings = {
    store,
    clients: Object.fromEntries(names.map((name) => [name, client(server, { clientId: name })])),
    consumers: {
      'order-service': consumer(key, scopes, names),
      'finance-report': consumer(someKey(), ['api:partner'], names),
    },
  };
  const start = (replica: string, more: object = {}) =>
    BrokerProcess.start({ ...settings, ...more }, { atEnd, environment: { HOSTNAME: replica } });
  const [one] = await Promise.all([start('token-broker-1'), start('token-broker-2')]);
  const empty = await start('token-broker-1', { store: undefined });

  const take = async (
    name: string,
    url: string,
    act: (page: Page) => Promise<unknown>,
    options: BrowserContextOptions = {},
  ) => {
    const context = await browser.newContext({
      viewport: small,
      deviceScaleFactor: 0.62,
      colorScheme: 'light',
      timezoneId: 'UTC',
      ...options,
    });
    const page = await context.newPage();
    await act(page);
    await page.goto(url);
    await page.locator('#feed[data-feed="live"], main, h1').first().waitFor();
    return {
      page,
      async shoot(as = name) {
        await page.screenshot({ path: join(sharp, `${as}.png`) });
        await page.screenshot({ path: join(folder, `${as}.jpg`), type: 'jpeg', quality: 32 });
      },
      async done() {
        await this.shoot();
        await context.close();
      },
      close: () => context.close(),
    };
  };
  const still = async () => {};
  const shown = async (page: Page) => {
    await page.locator('.token .day path.renewed[d^="M"]').first().waitFor();
  };

  const nothing = await take('empty', empty.management, still);
  await nothing.page.getByText('No token yet').first().waitFor();
  await nothing.done();

  for (const name of names) {
    for (const set of ['api:partner', scopes.join('+')])
      await one.get(`/token?client=${name}&scopes=${set}`, key.key);
  }
  for (const [name, options] of [
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { viewport: phone, deviceScaleFactor: 0.8 }],
  ] as const) {
    const picture = await take(name, one.management, still, options);
    await shown(picture.page);
    await picture.done();
  }

  const many = await take('many', one.management, (page) => answerWithMany(page, one));
  await many.page.getByText('10,000 tokens').waitFor();
  await many.page.locator('.token').first().waitFor();
  await many.done();

  server.replaceSecrets('ledger', ['another']);
  server.misbehave({ client: 'crm', answer: { status: 429, retryAfter: 3_600 } });
  for (const name of ['ledger', 'crm'])
    await one.get(`/token?client=${name}&scopes=role:finance-reporting`, key.key);
  const failing = await take('failing', one.management, still);
  await failing.page.getByText('Credential refused').first().waitFor();
  await failing.done();

  const down = await take('redis-down', one.management, still);
  await down.page.getByText('token-broker-2').first().waitFor();
  await redis.kill('SIGKILL');
  await down.page.getByText('Last known').waitFor();
  await down.done();

  const docs = await take('api', `${one.consumers}/docs`, still);
  await docs.page.getByRole('heading', { name: 'Try it' }).evaluate((title) => title.scrollIntoView());
  await docs.done();
  const runbook = await take('runbook', `${one.management}/runbook#tokenbrokerredisdown`, still);
  await runbook.done();

  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const provider = await IdentityProvider.start(
    { operator: ['platform'] },
    [`${publicUrl}/login/callback`],
    atEnd,
  );
  const oidc = {
    issuer: provider.issuer,
    ...operatorClient,
    scopes: ['openid', 'profile', 'groups'],
    roles: { operator: ['platform'] },
  };
  await start('token-broker-1', {
    store: undefined,
    management: { host: '127.0.0.1', port, publicUrl, authentication: { oidc } },
  });
  const login = await take('logged-in', publicUrl, still);
  await login.page.getByLabel('Name').fill('operator');
  await login.page.getByRole('button', { name: 'Log in' }).click();
  await login.page.waitForURL(`${publicUrl}/`);
  await login.page.getByRole('link', { name: 'Log out' }).waitFor();
  await login.shoot();
  await login.page.getByRole('link', { name: 'Log out' }).click();
  await login.page.getByRole('link', { name: 'Log in again' }).waitFor();
  await login.shoot('login');
  await login.close();
}

try {
  await main();
} finally {
  for (const end of ends) await end();
}
