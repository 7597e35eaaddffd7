import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** What WCAG and good practice say against the page as it is now, by rule. */
export async function violations(page: Page): Promise<object[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return (results as AxeResults).violations.map(({ id, nodes }) => ({
    rule: id,
    at: nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
}
