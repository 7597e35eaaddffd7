import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OperatorsApi } from '../management/operators-api.js';
import { runningScene } from '#test/running.js';

const page = readFileSync(new URL('../../docs/reference/log.md', import.meta.url), 'utf8');
const [table = ''] = page.split('```');
const audit = readFileSync(new URL('../../docs/reference/audit.md', import.meta.url), 'utf8');
const { properties } = JSON.parse(/```json\n([\s\S]*?)```/.exec(audit)![1]!) as { properties: object };
const documented = new Set([
  ...[...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, n]) => n!),
  ),
  ...Object.keys(properties),
]);

describe('docs/reference/log.md', () => {
  it('has, with docs/reference/audit.md, each field of the lines that a broker writes', async () => {
    const { broker, server, key } = await runningScene();
    await broker.get('/token?scopes=api:partner', key);
    await broker.get('/token?scopes=no:such-scope', key);
    await broker.get('/token?scopes=api:partner', 'not-a-key');
    server.misbehave({ answer: { status: 503, retryAfter: 1 } });
    await broker.get('/token?scopes=create:orders', key);
    const api = new OperatorsApi(broker);
    await api.renew({ client: 'rabot', scopes: ['api:partner'], resources: [] });
    broker.rewrite('clients: [these, are, none]');
    await broker.logged((line) => line['faults'] !== undefined);
    broker.signal('SIGTERM');
    await broker.exited();
    const seen = new Set(broker.lines.flatMap((line) => Object.keys(line)));
    for (const name of ['audit', 'faults', 'trigger', 'reason', 'signal', 'by']) expect(seen).toContain(name);
    expect([...seen].filter((name) => !documented.has(name))).toEqual([]);
  });
});
