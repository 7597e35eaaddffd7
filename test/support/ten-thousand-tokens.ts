import type { Page } from 'playwright-core';
import { OperatorsApi } from '../management/operators-api.js';

/** Has the page hear of 10,000 tokens of three clients, 1,000 at a time as a broker answers. One of each client fails. */
export async function answerWithMany(page: Page, broker: { readonly management: string }): Promise<void> {
  const real = await new OperatorsApi(broker).tokens('?limit=1');
  const now = Date.parse(real.now);
  const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
  const names = ['crm', 'ledger', 'rabot'];
  const all = Array.from({ length: 10_000 }, (_, n) => ({
    id: `token${String(n).padStart(7, '0')}`,
    client: names[n % 3],
    scopes: [`tenant:${n}`],
    resources: [],
    fingerprint: String(n).padStart(12, '0'),
    tier: 'memory',
    issuedAt: at(-600),
    renewAt: at(n < 3 ? -5 : 3_000),
    expiresAt: at(3_600 + ((n * 7_919) % 10_000)),
    ...(n < 3 && { lastFailure: { at: at(-2), reason: 'unavailable', message: 'HTTP 503' } }),
  }));
  const budget = { perMinute: 60, used: 1 };
  const clients = names.map((name) => ({ name, state: 'fine', budget }));
  await page.route(/api\/tokens\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    if (query.has('changedSince'))
      return route.fulfill({ json: { ...real, clients, tokens: [], next: undefined } });
    const first = Number(query.get('after') ?? 0);
    const next = first + 1_000 < all.length ? { next: String(first + 1_000) } : { next: undefined };
    return route.fulfill({ json: { ...real, clients, ...next, tokens: all.slice(first, first + 1_000) } });
  });
}
