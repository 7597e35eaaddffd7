import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { ownMounts } from '#test/own-network.js';
import { type OidcProvider, startOidcProvider } from '#test/oidc-provider.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const scope = 'api:partner';
const rotations = 50;
const rotation = { rotateEvery: '100ms', announceFor: '100ms', keepFor: '10s' };

const atEnd = atEndOfAll();
let provider: OidcProvider;
let front: KeyFront;
let replicas: Replicas;

/** Where the authorization server reads the keys: any replica that lives and has reached Redis, as behind a proxy that tries the next one. */
class KeyFront {
  replicas: BrokerProcess[] = [];
  /** The ids of the keys, as they were read last. */
  published: string[] = [];
  #turn = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<KeyFront> {
    const server = createServer();
    const started = new KeyFront(server);
    server.on('request', async ({ url }, response) => {
      const text = await started.read(url ?? '').catch(() => undefined);
      response.writeHead(text === undefined ? 503 : 200, { 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(async () => void server.close());
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async read(path: string): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const replica = this.replicas[(this.#turn += 1) % this.replicas.length]!;
      const answer = await fetch(`${replica.consumers}${path}`).catch((error: Error) => error);
      if (answer instanceof Error || !answer.ok) {
        if (attempt === 2 * this.replicas.length) throw new Error('no replica answers', { cause: answer });
        continue;
      }
      const text = await answer.text();
      this.published = (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
      return text;
    }
  }
}

beforeAll(async () => {
  front = await KeyFront.start();
  const jwksUris = { 'brief-key': `${front.url}/oauth2/partner/jwks.json` };
  provider = await startOidcProvider({ jwksUris });
  atEnd(() => provider.stop());
  const { hash, key } = someKey();
  replicas = await runningReplicas(
    {
      settings: {
        managedKeys: rotation,
        clients: {
          partner: {
            tokenEndpoint: provider.tokenEndpoint,
            clientId: 'brief-key',
            clientAuthentication: 'private_key_jwt',
            keys: 'managed',
            algorithm: 'ES256',
            scopes: [scope],
            maxTokenRequestsPerMinute: 100_000,
          },
        },
        consumers: { orders: { keys: [hash], allow: [{ client: 'partner', scopes: [scope] }] } },
      },
    },
    atEnd,
  );
  replicas.key = key;
  front.replicas = [...replicas.brokers];
});

/** It has read the keys: a replica that has not reached Redis yet has none. */
function serves(broker: BrokerProcess): Promise<void> {
  const get = async () => (await broker.get(`/token?scopes=${scope}`, replicas.key)).status === 200;
  return until(get, 'the replica serves');
}

describe('keys: managed', () => {
  it(`rotate ${rotations} times, while replicas are killed in each phase, and no assertion is refused`, async () => {
    await Promise.all(front.replicas.map(serves));
    const load = SteadyLoad.on(front.replicas, { key: replicas.key, scopes: [scope], pause: 5 });
    const { signed } = provider;
    const isUsed = (kid: string) => signed.has(kid);
    const phases: Record<string, () => boolean> = {
      announced: () => front.published.some((kid) => !isUsed(kid)),
      used: () => isUsed(front.published.at(-1) ?? ''),
      kept: () => front.published.length > 5,
    };
    for (const [phase, isReached] of Object.entries(phases)) {
      await until(async () => isReached(), `a key is ${phase}`);
      const [killed] = front.replicas;
      front.replicas = front.replicas.slice(1);
      killed!.signal('SIGKILL');
      await killed!.exited();
      const next = await replicas.another();
      await serves(next);
      load.add(next);
      front.replicas = [...front.replicas, next];
    }
    await until(async () => signed.size > rotations, `${rotations} rotations`);

    const answers = await load.stop();
    expect(answers.all.filter(({ error }) => error === 'upstream_rejected')).toEqual([]);
    expect(provider.refusedAssertions).toEqual([]);
  });

  it('are published for all clients and for one, without anything private', async () => {
    const [broker] = front.replicas;
    const read = async (path: string) => {
      const answer = await fetch(`${broker!.consumers}${path}`);
      return {
        caching: answer.headers.get('cache-control'),
        ...((await answer.json()) as { keys: object[] }),
      };
    };

    const [all, own, none] = await Promise.all(
      ['/.well-known/jwks.json', '/oauth2/partner/jwks.json', '/oauth2/another/jwks.json'].map(read),
    );

    expect(all!.keys.length).toBeGreaterThan(0);
    expect(own!.keys.length).toBeGreaterThan(0);
    expect(none).toEqual({ caching: 'public, max-age=0', keys: [] });
    expect(JSON.stringify([all, own])).not.toContain('"d"');
  });
});

describe('keys: managed, of a single replica, in a folder', () => {
  const { key, hash } = someKey();
  const settingsFor = (folder: string) => {
    const { store: _, managedKeys: __, ...rest } = replicas.settings as Record<string, object>;
    const consumers = { orders: { keys: [hash], allow: [{ client: 'partner', scopes: [scope] }] } };
    return { ...rest, managedKeys: { folder }, consumers };
  };
  const someFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'managed-keys-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };

  it('survive a restart', async () => {
    const settings = settingsFor(`${someFolder()}/below`);
    const used: unknown[] = [];
    for (let start = 0; start < 2; start++) {
      const running = await BrokerProcess.start(settings);
      front.replicas = [running];
      expect((await running.get('/token', key)).status).toBe(200);
      used.push(front.published);
      running.signal('SIGKILL');
      await running.exited();
    }
    expect(used[0]).toEqual(used[1]);
  });

  it('are made as soon as there is space for them, without a restart, and a full disk is named until then', async () => {
    const folder = someFolder();
    const fill = 'mount -t tmpfs -o size=8k tmpfs "$0" && { head -c 8192 /dev/zero >"$0/fill"; exec "$@"; }';
    const under = [...ownMounts(), 'sh', '-c', fill, folder];
    const running = await BrokerProcess.start(settingsFor(folder), { under });
    front.replicas = [running];
    const { status, body } = await running.get('/token', key);
    expect(status).toBe(503);
    expect(body['error_description']).toMatch(/signing key cannot be read or made \(ENOSPC\)/);
    rmSync(`/proc/${running.pid}/root${folder}/fill`);
    await until(async () => (await running.get('/token', key)).status === 200, 'a key is made');
  });
});
