import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parent?: string;
  attributes: Record<string, unknown>;
}

const sdk = new URL('../support/spans-to-file.mjs', import.meta.url).href;
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';

async function tracedScene(environment: NodeJS.ProcessEnv): Promise<{ broker: BrokerProcess; key: string }> {
  const server = await runningServer();
  const { key, hash } = someKey();
  const settings = {
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  return { broker: await BrokerProcess.start(settings, { environment }), key };
}

async function ask({ consumers }: BrokerProcess, key: string): Promise<string> {
  const traceparent = `00-${traceId}-${caller}-01`;
  const response = await fetch(`${consumers}/token?scopes=api:partner`, {
    headers: { authorization: `Bearer ${key}`, traceparent },
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

const auditLine = ({ audit }: Record<string, unknown>) => audit === 'served';

describe('the trace of a request', () => {
  it('goes on from the caller through the cache and the lock to the token request', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spans-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'spans.jsonl');
    const { broker, key } = await tracedScene({ NODE_OPTIONS: `--import=${sdk}`, SPANS_FILE: file });
    const token = await ask(broker, key);
    const spans = (): Span[] =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Span);
    await until(async () => spans().some(({ name }) => name === 'GET /token'), 'the request has been told');

    const named = (name: string) => spans().find((span) => span.name === name)!;
    const path = ['GET /token', 'token_for', 'token_request'].map(named);
    expect(path.map(({ parent }) => parent)).toEqual([caller, path[0]!.spanId, path[1]!.spanId]);
    expect(new Set(spans().map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(spans().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['cache.memory.get', 'lock.acquire', 'cache.memory.put']),
    );
    expect(named('GET /token').attributes).toMatchObject({
      'http.route': '/token',
      'http.response.status_code': 200,
    });
    expect(await broker.logged(auditLine)).toMatchObject({ traceId });
    for (const secret of [token, key, clientSecret]) expect(readFileSync(file, 'utf8')).not.toContain(secret);
  });

  it('is named in the audit line without any SDK, too', async () => {
    const { broker, key } = await tracedScene({});
    await ask(broker, key);
    expect(await broker.logged(auditLine)).toMatchObject({ traceId });
  });
});
