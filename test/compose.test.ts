import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { compose, service, stagesOf, textOf, top } from './support/compose-file.js';
import { ComposeProcesses } from './support/compose-processes.js';
import { requireCompose } from './support/require-compose.js';
import { requireNginx } from './support/require-nginx.js';
import { requireRedis } from './support/require-redis.js';

const brokers = ['broker-1', 'broker-2', 'broker-3'];
const services = Object.entries(compose.services);

/** The line that newcomers paste. */
const [, key = '', path = ''] =
  /Authorization: Bearer (\S+)' 'http:\/\/127\.0\.0\.1:8080(\S+)'/.exec(textOf('docker-compose.yml')) ?? [];

/** Milliseconds in which what is missing here can be installed. */
const installing = 300_000;

describe('docker-compose.yml', () => {
  it('is one that docker compose understands', { timeout: installing }, () => {
    const [program, ...args] = requireCompose();
    const call = [...args, '-f', 'docker-compose.yml', 'config', '--quiet'];
    const { stderr, status } = spawnSync(program, call, { cwd: top });
    expect([stderr.toString(), status]).toEqual(['', 0]);
  });

  it('waits for services that there are, and for their health where it can be known', () => {
    const awaited = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
    expect(awaited.length).toBeGreaterThan(0);
    for (const [name, { condition }] of awaited) {
      expect([condition, service(name).healthcheck?.test[0]]).toEqual(['service_healthy', 'CMD']);
    }
  });

  it('mounts files and volumes that there are', () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0]!),
    );
    const missing = sources.filter((source) =>
      source.startsWith('.') ? !existsSync(join(top, source)) : !(source in compose.volumes),
    );
    expect([sources.length > 0, missing]).toEqual([true, []]);
  });

  it('has an image for each service, or builds it', () => {
    const without = services.filter(([, { image, build }]) =>
      build === undefined ? image === undefined : !stagesOf(build.dockerfile).has(build.target),
    );
    expect(without).toEqual([]);
  });

  it('publishes nothing but the load balancer, and to this machine only', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([['load-balancer', '127.0.0.1:8080:8080']]);
  });

  it('has three brokers that are alike, and the load balancer knows each', () => {
    expect(services.map(([name]) => name).filter((name) => name.startsWith('broker'))).toEqual(brokers);
    expect(new Set(brokers.map((name) => JSON.stringify(service(name)))).size).toBe(1);
    const { listen } = parse(textOf('deploy/compose/settings.yaml')) as { listen: { port: number } };
    const known = [...textOf('deploy/compose/nginx.conf').matchAll(/server (\S+:\d+)/g)].map(([, at]) => at);
    expect(known).toEqual(brokers.map((name) => `${name}:${listen.port}`));
  });

  it('builds from what the image needs, and from no stray file', () => {
    const [first, ...rules] = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    expect(first).toBe('*');
    const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect(allowed.filter((name) => !existsSync(join(top, name)))).toEqual([]);
  });
});

describe('the services of docker-compose.yml, as processes', () => {
  let processes: ComposeProcesses;
  let url: string;
  let api: string;

  beforeAll(async () => {
    requireRedis();
    requireNginx();
    processes = new ComposeProcesses();
    [api] = await Promise.all([processes.startAuthorizationServer(), processes.startRedis()]);
    await Promise.all(brokers.map((name) => processes.startBroker(name)));
    url = await processes.startLoadBalancer(brokers);
  }, installing);
  afterAll(() => processes?.stop());

  async function ask(): Promise<Record<string, unknown>> {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
    return { status: answer.status, ...((await answer.json()) as object) };
  }

  async function askOften(): Promise<Record<string, unknown>[]> {
    return Promise.all(Array.from({ length: 9 }, ask));
  }

  it('are healthy by their own checks', async () => {
    const checks = [
      processes.checkHealth('authorization-server'),
      ...brokers.map((name) =>
        processes.checkHealth(name, [['127.0.0.1:9090', processes.addressOf(name, 'management')]]),
      ),
    ];
    await expect(Promise.all(checks)).resolves.toHaveLength(4);
  });

  it('give a token that is good for the API', async () => {
    const { access_token: token, ...rest } = await ask();
    expect(rest).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'api:partner create:orders' });
    const ca = readFileSync(join(processes.folder, 'authorization-server.pem'), 'utf8');
    const dispatcher = new Agent({ connect: { ca } });
    onTestFinished(() => dispatcher.close());
    const { statusCode, body } = await request(`${api}/partner/v1/orders`, {
      headers: { authorization: `Bearer ${String(token)}` },
      dispatcher,
    });
    await body.dump();
    expect(statusCode).toBe(200);
  });

  it('take turns, and share one token', async () => {
    const tokens = (await askOften()).map(({ access_token: token }) => token);
    expect([new Set(tokens).size, typeof tokens[0]]).toEqual([1, 'string']);
    for (const name of brokers) expect(processes.output(name)).toContain('"audit"');
    expect(processes.output('load-balancer')).toContain(' "GET /token" 200 ');
  });

  it('go on when one of them is gone', async () => {
    await processes.kill('broker-2');
    expect((await askOften()).map(({ status }) => status)).toEqual(Array(9).fill(200));
  });

  it('say in the form of the contract that none is left', async () => {
    for (const name of brokers) await processes.kill(name);
    const answer = await fetch(url + path);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });
});
