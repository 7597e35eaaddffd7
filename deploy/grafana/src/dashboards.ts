import { type Options, format } from 'prettier';
import { client } from './client.js';
import { internals } from './internals.js';
import { overview } from './overview.js';

const style: Options = { parser: 'json', printWidth: 110 };

/** The dashboards as Grafana reads them: content by file name. */
export async function dashboards(): Promise<Map<string, string>> {
  const all = { overview, client, internals };
  const files = Object.entries(all).map(
    async ([name, dashboard]) =>
      [`${name}.json`, await format(JSON.stringify(dashboard().build()), style)] as const,
  );
  return new Map(await Promise.all(files));
}
