import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { compose, textOf } from '#test/compose-file.js';
import { baseImage, baseVersion, buildStage, nodeVersion } from './broker-image.js';
import { addressOf, ComposeContainers } from './compose-containers.js';
import { ContainerEngine, noEngine } from './container-engine.js';
import { DebianFiles } from './debian-files.js';

// The services of docker-compose.yml as containers, also where no registry has the images of others for this machine.

vi.setConfig({ testTimeout: 120_000 });

const programs: Record<string, { packages: string[]; changes: string[] }> = {
  'load-balancer': { packages: ['nginx-light'], changes: ['CMD ["nginx", "-g", "daemon off;"]'] },
  redis: { packages: ['redis-server', 'redis-tools'], changes: [] },
  prometheus: {
    packages: ['prometheus', 'wget'],
    changes: ['ENTRYPOINT ["prometheus"]', 'VOLUME /prometheus'],
  },
};

const engine = ContainerEngine.find();
const images = new Map<string, string>();
const brokers = ['broker-1', 'broker-2', 'broker-3'];
const [, key = '', path = ''] =
  /Authorization: Bearer (\S+)' 'http:\/\/127\.0\.0\.1:8080(\S+)'/.exec(textOf('docker-compose.yml')) ?? [];
const address = `http://${addressOf('load-balancer')}:8080`;
if (engine === undefined) process.stderr.write(`No services run in containers here: ${noEngine}\n`);
const containers = engine && new ComposeContainers(engine, images);
if (engine !== undefined) await makeImages(engine);
await containers?.start();

afterAll(async () => {
  await containers?.remove();
  await engine?.tries('rmi', '--force', ...new Set(images.values()));
  await engine?.remove();
}, 120_000);

/** Our own by the Dockerfile, the others of Debian's packages. */
async function makeImages(from: ContainerEngine): Promise<void> {
  const version = await baseVersion(from, 'installs and builds');
  for (const [name, { build }] of Object.entries(compose.services)) {
    if (build !== undefined) images.set(name, `token-broker-compose-${build.target}`);
    else if (name in programs) images.set(name, await imageOf(from, name));
    else process.stderr.write(`left out, since Debian has no such package: ${name}\n`);
  }
  for (const target of ['broker', 'dev-authorization-server'])
    await buildStage(from, target, `token-broker-compose-${target}`, version);
  if (version !== nodeVersion) images.set('base', baseImage(version));
}

async function imageOf(from: ContainerEngine, name: string): Promise<string> {
  const tag = `token-broker-compose-${name}`;
  const files = new DebianFiles(join(from.folder, name));
  const { packages, changes } = programs[name]!;
  files.addPackages(packages);
  const archive = files.archive();
  await from.run('import', ...changes.map((change) => `--change=${change}`), archive, tag);
  rmSync(archive);
  return tag;
}

async function ask(): Promise<{ status: number; token: unknown }> {
  const response = await fetch(address + path, { headers: { authorization: `Bearer ${key}` } });
  const body = (await response.json()) as { access_token?: unknown };
  return { status: response.status, token: body.access_token };
}

describe.skipIf(engine === undefined)('the containers of docker-compose.yml', () => {
  it('serve one token, by three brokers in turn', async () => {
    const responses = await Promise.all(Array.from({ length: 12 }, ask));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(responses.map(({ token }) => token)).size).toBe(1);
    const everyBrokerServed = async () => {
      await ask();
      const logs = await Promise.all(brokers.map((name) => containers!.log(name)));
      return logs.every((log) => log.includes('"audit":"served"'));
    };
    await expect.poll(everyBrokerServed, { timeout: 60_000 }).toBe(true);
  });

  it('serve on when a broker is stopped', async () => {
    await containers!.stop('broker-2');
    const responses = await Promise.all(Array.from({ length: 12 }, ask));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('are asked by the consumer, and scraped by Prometheus', async () => {
    const consumerLog = () => containers!.log('consumer');
    await expect.poll(consumerLog, { timeout: 60_000 }).toMatch(/^api:partner role:finance-reporting: 200$/m);
    const query = `http://${addressOf('prometheus')}:9090/api/v1/query?query=sum(up{job="token-broker"})`;
    const up = async () => {
      const { data } = (await (await fetch(query)).json()) as { data: { result: { value: unknown[] }[] } };
      return Number(data.result[0]?.value[1] ?? 0);
    };
    await expect.poll(up, { timeout: 60_000 }).toBeGreaterThan(0);
  });
});
