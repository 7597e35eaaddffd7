import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

const executablePath = '/usr/bin/chromium';
// Nothing but the page: no sandbox since tests run as root, and no calls home.
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's Chromium, without a window. Whoever launches it closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 360, height: 740 };

export interface OpenPage {
  page: Page;
  /** What went wrong in the page itself: errors of its scripts, and what its Content-Security-Policy forbade. */
  faults: string[];
}

/** A page in a profile of its own, until the test ends. It shows the broker's first report. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const opened = await openReadingPage(browser, url, options);
  await opened.page.locator('#feed[data-feed="live"], #feed[data-feed="lost"]').waitFor();
  return opened;
}

/** A page that is complete when it is loaded. */
export async function openReadingPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: desktop, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content.Security.Policy|TrustedHTML|Refused to/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}
