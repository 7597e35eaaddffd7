import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { compose, service, stagesOf, textOf, top } from '#test/compose-file.js';
import { ComposeProcesses } from '#test/compose-processes.js';
import { composeCommand } from '#test/programs.js';

const brokers = ['broker-1', 'broker-2', 'broker-3'];
const services = Object.entries(compose.services);

/** The line that newcomers paste. */
const [, key = '', path = ''] =
  /Authorization: Bearer (\S+)' 'http:\/\/127\.0\.0\.1:8080(\S+)'/.exec(textOf('docker-compose.yml')) ?? [];

describe('docker-compose.yml', () => {
  it('is one that docker compose understands', () => {
    const [program, ...args] = composeCommand();
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

  it('publishes nothing but what people look at, and to this machine only', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([
      ['load-balancer', '127.0.0.1:8080:8080'],
      ['load-balancer', '127.0.0.1:9090:9090'],
      ['prometheus', '127.0.0.1:9091:9090'],
      ['grafana', '127.0.0.1:3000:3000'],
    ]);
  });

  it('takes images of a version that is said', () => {
    const images = services.flatMap(([, { image }]) => image ?? []);
    expect(images.filter((image) => !/:v?\d/.test(image))).toEqual([]);
  });

  it('has Grafana find Prometheus, and the dashboards', () => {
    const { volumes = [], environment = {} } = service('grafana');
    const mounts = volumes.map((volume) => volume.split(':') as [string, string, string]);
    const provisioned = (kind: string) => {
      const [from = ''] = mounts.find(([, to]) => to === `/etc/grafana/provisioning/${kind}`) ?? [];
      const files = globSync(`${from}/*.yaml`, { cwd: top });
      return files.map((file) => parse(textOf(file)) as Provisioned);
    };
    const urls = provisioned('datasources').flatMap(({ datasources }) => datasources!.map(({ url }) => url));
    expect(urls).toEqual(['http://prometheus:9090']);
    expect(service('prometheus').ports?.[0]).toMatch(/:9090$/);
    const [folder] = provisioned('dashboards').flatMap(({ providers }) =>
      providers!.map(({ options }) => options.path),
    );
    const [from = ''] = mounts.find(([, to]) => to === folder) ?? [];
    const files = globSync(`${from}/*.json`, { cwd: top }).map((file) => basename(file));
    expect(files).toContain(basename(environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!));
  });

  it('has three brokers that are alike, and the load balancer knows each', () => {
    expect(services.map(([name]) => name).filter((name) => name.startsWith('broker'))).toEqual(brokers);
    expect(new Set(brokers.map((name) => JSON.stringify(service(name)))).size).toBe(1);
    const { listen, management } = parse(textOf('deploy/compose/settings.yaml')) as Listeners;
    const known = [...textOf('deploy/compose/nginx.conf').matchAll(/server (\S+:\d+)/g)].map(([, at]) => at);
    expect(known).toEqual(
      [listen, management].flatMap(({ port }) => brokers.map((name) => `${name}:${port}`)),
    );
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

type Listeners = Record<'listen' | 'management', { port: number }>;

interface Rule {
  health: string;
  type: string;
}

interface Provisioned {
  datasources?: { url: string }[];
  providers?: { options: { path: string } }[];
}

describe('the services of docker-compose.yml, as processes', () => {
  let processes: ComposeProcesses;
  let url: string;
  let api: string;
  let prometheus: string;
  let management: string;

  beforeAll(async () => {
    processes = new ComposeProcesses();
    [api] = await Promise.all([processes.startAuthorizationServer(), processes.startRedis()]);
    await Promise.all(brokers.map((name) => processes.startBroker(name)));
    ({ url, management } = await processes.startLoadBalancer(brokers));
    processes.startConsumer(url);
    prometheus = await processes.startPrometheus(brokers);
  }, 60_000);
  afterAll(() => processes?.stop());

  async function ask(): Promise<Record<string, unknown>> {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
    return { status: answer.status, ...((await answer.json()) as object) };
  }

  async function askOften(): Promise<Record<string, unknown>[]> {
    return Promise.all(Array.from({ length: 9 }, ask));
  }

  it('are healthy by their own checks', async () => {
    const moved = (name: string) =>
      name === 'prometheus' ? ([['http://127.0.0.1:9090', prometheus]] as const) : [];
    // Compose repeats a check that fails, too: it has 2 s, which a busy machine may need for its start.
    const checks = ['authorization-server', ...brokers, 'prometheus'].map((name) =>
      vi.waitFor(() => processes.checkHealth(name, moved(name)), {
        timeout: 50_000,
        interval: 500,
      }),
    );
    await expect(Promise.all(checks)).resolves.toHaveLength(5);
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
    const everyBrokerServes = async () => {
      const tokens = (await askOften()).map(({ access_token: token }) => token);
      expect([new Set(tokens).size, typeof tokens[0]]).toEqual([1, 'string']);
      return brokers.every((name) => processes.output(name).includes('"audit"'));
    };
    // The load balancer asks one that was away again after some seconds.
    await expect.poll(everyBrokerServes, { timeout: 30_000 }).toBe(true);
    expect(processes.output('load-balancer')).toContain(' "GET /token" 200 ');
  });

  it("are measured: by the consumer's requests the dashboards have something to show", async () => {
    const query = async (expression: string) => {
      const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expression })}`);
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value }) => Number(value[1]));
    };
    const soon = { timeout: 15_000 };
    await expect.poll(() => query('sum(up{job="token-broker"})'), soon).toEqual([3]);
    const served = 'sum(increase(token_broker_requests_total{outcome="served"}[1m])) > bool 0';
    await expect.poll(() => query(served), soon).toEqual([1]);
    expect(processes.output('consumer')).toMatch(/^api:partner role:finance-reporting: 200$/m);
  });

  it('serve the page that alerts and dashboards link to, at the port that the load balancer publishes', async () => {
    const [, link = ''] = /runbook_url: (http\S+)/.exec(textOf('deploy/prometheus/alerts.yaml')) ?? [];
    const { origin, pathname, hash } = new URL(link);
    expect(service('load-balancer').ports).toContain(`${origin.replace('http://', '')}:9090`);
    for (const name of ['overview', 'client', 'internals'])
      expect(textOf(`deploy/grafana/dashboards/${name}.json`)).toContain(`"${origin}${pathname}"`);
    const page = await fetch(management + pathname);
    expect([page.status, (await page.text()).includes(`id="${hash.slice(1)}"`)]).toEqual([200, true]);
  });

  it('have rules that Prometheus can evaluate', async () => {
    const rules = async () => {
      const answer = await fetch(`${prometheus}/api/v1/rules`);
      const { data } = (await answer.json()) as { data: { groups: { rules: Rule[] }[] } };
      return data.groups.flatMap((group) => group.rules);
    };
    const states = async () => new Set((await rules()).map(({ health }) => health));
    await expect.poll(states, { timeout: 15_000 }).toEqual(new Set(['ok']));
    expect((await rules()).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['recording', 'alerting']),
    );
  });

  it('go on when one of them is gone', async () => {
    await processes.kill('broker-2');
    onTestFinished(() => processes.restartBroker('broker-2'));
    expect((await askOften()).map(({ status }) => status)).toEqual(Array(9).fill(200));
  });

  it('say in the form of the contract that none is left', async () => {
    for (const name of brokers) {
      await processes.kill(name);
      onTestFinished(() => processes.restartBroker(name));
    }
    const answer = await fetch(url + path);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });
});
