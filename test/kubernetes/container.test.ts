import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OwnIssuer } from '../http/own-issuer.js';
import { someKey } from '#test/broker-process.js';
import { someCertificates } from '#test/certificates.js';
import { freePort } from '#test/free-port.js';
import { LoggedProcesses } from '#test/logged-processes.js';
import { MountedFiles } from '#test/mounted-files.js';
import { clientSecret } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { containerOf, type Folder, labelsOf, Manifests, podOf, type Workload } from './manifests.js';
import type { Surroundings } from './mounted-pod.js';
import { PodProcess } from './pod-process.js';

// Processes start slowly beside others.
vi.setConfig({ testTimeout: 120_000 });

const nextSecret = 'fake-secret-of-next-year';
const { key, hash } = someKey();

/** The broker of some manifests, with an authorization server, until the test ends. */
async function scene(folder: Folder, { moves = [], projected }: Partial<Surroundings> = {}) {
  const manifests = Manifests.of(folder);
  const server = await runningServer();
  const process = new PodProcess(manifests, {
    clientSecret: `${clientSecret}\n`,
    projected: projected ?? {},
    moves: [
      ['https://auth.rabot-charge.de/connect/token', server.tokenEndpoint],
      ['your-client-id', 'whitelabel'],
      [`sha256:${'0'.repeat(64)}`, hash],
      ...moves,
    ],
  });
  onTestFinished(() => process.remove());
  const ask = async (credential = key) => {
    const headers = { authorization: `Bearer ${credential}` };
    const answer = await fetch(`${process.url(8080)}/token?scopes=api:partner+create:orders`, { headers });
    return { status: answer.status, ...((await answer.json()) as { access_token?: string }) };
  };
  return { manifests, server, process, ask };
}

/** The Redis of overlays/redis, until the test ends. */
async function runRedis(port: number, password: string): Promise<void> {
  const workload = Manifests.of('overlays/redis').the<Workload>('Deployment', 'token-broker-redis');
  const { command = [], args = [], env = [], volumeMounts } = containerOf(workload);
  expect(volumeMounts).toEqual([{ name: 'secrets', mountPath: '/etc/redis-secrets', readOnly: true }]);
  const processes = new LoggedProcesses();
  onTestFinished(() => processes.endAll());
  const mounted = join(processes.folder, 'redis-secrets');
  mkdirSync(mounted);
  writeFileSync(join(mounted, 'redis-password'), password);
  const line = command.map((word) => word.replace('/etc/redis-secrets', mounted));
  const here = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', processes.folder];
  processes.run('redis', [...line, ...args, ...here]);
  await processes.wrote('redis', /Ready to accept connections/);
  const visible = JSON.stringify([commandLines(), command, args, env]);
  expect(visible).toContain(`:${port}`);
  expect(visible).not.toContain(password);
}

/** The command lines of all processes, as any user of the machine reads them. */
function commandLines(): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

describe('the container of overlays/memory', () => {
  it('starts, is found healthy, and gives tokens', async () => {
    const { process, ask } = await scene('overlays/memory');
    await process.start();
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
      expect(await process.probe(probe)).toBe(200);
    }
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('takes up a new secret and new settings as it runs', async () => {
    const { process, server, ask } = await scene('overlays/memory');
    await process.start();
    const { access_token: before } = await ask();
    server.replaceSecrets('whitelabel', [nextSecret]);
    process.pod.rewrite('secrets', { 'rabot-client-secret': nextSecret });
    await expect.poll(async () => (await ask()).access_token !== before, { timeout: 30_000 }).toBe(true);
    expect(await ask()).toMatchObject({ status: 200 });
    process.pod.rewrite('settings', { 'settings.yaml': 'clients: [' });
    await process.wrote(/changed settings refused/);
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('is taken out of the Service when it is told to stop, finishes what is in flight, and ends well', async () => {
    const { process, server, ask } = await scene('overlays/memory');
    await process.start();
    await expect.poll(() => server.counts.total).toBe(1);
    server.hold();
    const inFlight = ask();
    await server.waitForRequests(2);
    const ended = process.end();
    await expect.poll(() => process.probe('readinessProbe'), { timeout: 30_000 }).toBe(503);
    server.release();
    expect(await inFlight).toMatchObject({ status: 200 });
    expect(await ended).toBe(0);
  });

  it('says what is wrong with its settings where Kubernetes shows it', async () => {
    const { manifests, process } = await scene('overlays/memory');
    process.pod.rewrite('secrets', { 'rabot-client-secret': '' });
    process.launch();
    expect(await process.exited()).toBe(78);
    expect(process.output).toMatch(/^\S+:\d+:\d+: clients\.rabot\.clientSecret\S*: must not be empty$/m);
    expect(containerOf(manifests.broker).terminationMessagePolicy).toBe('FallbackToLogsOnError');
  });
});

describe('the containers of overlays/redis', () => {
  it('work together, with the password of the documented Secret', async () => {
    const port = await freePort();
    const { process, ask } = await scene('overlays/redis', {
      moves: [['@token-broker-redis:6379', `@127.0.0.1:${port}`]],
    });
    await runRedis(port, process.pod.secret.files['redis-password']!);
    await process.start();
    expect(await ask()).toMatchObject({ status: 200 });
    const management = process.url(9090);
    const readiness = async () => (await fetch(`${management}/readyz`)).json();
    expect(await readiness()).toMatchObject({ parts: { tokens: 'in Redis' } });
    expect(await process.end()).toBe(0);
  });
});

describe('the containers of examples/workload-identity', () => {
  it('work together: the service gets a token by that of its service account', async () => {
    const issuer = await OwnIssuer.start();
    onTestFinished(() => issuer.stop());
    const { ca } = await someCertificates();
    const { manifests, process } = await scene('examples/workload-identity', {
      moves: [
        ['https://kubernetes.default.svc.cluster.local', issuer.url],
        ['https://kubernetes.default.svc/openid/v1/jwks', `${issuer.url}/keys`],
      ],
      projected: { 'ca.crt': ca, token: 'not-a-real-token' },
    });
    await process.start();

    const service = manifests.the<Workload>('Deployment', 'order-service');
    const { serviceAccountName, volumes = [] } = podOf(service);
    const { audience } = volumes[0]!.projected!.sources![0]!.serviceAccountToken!;
    const subject = `system:serviceaccount:${service.metadata.namespace}:${serviceAccountName}`;
    const mounts = new MountedFiles({ token: await issuer.jwt(subject, { aud: audience! }) });
    onTestFinished(() => mounts.remove());
    const { command = [], args = [], env = [], volumeMounts = [] } = containerOf(service);
    // Once, and not for ever.
    const line = [...command, ...args].map((word) =>
      word.replaceAll(volumeMounts[0]!.mountPath, mounts.folder).replace('sleep 30', 'exit'),
    );
    const processes = new LoggedProcesses();
    onTestFinished(() => processes.endAll());
    expect(env).toEqual([{ name: 'TOKEN_BROKER_URL', value: 'http://token-broker.token-broker:8080' }]);
    processes.run('order-service', line, { TOKEN_BROKER_URL: process.url(8080) });
    await processes.wrote('order-service', /^200$/m);
    await process.wrote(/"audit".*"consumer":"order-service"|"consumer":"order-service".*"audit"/);
  });

  it('reach one another: the service has the label that the broker lets in, and names the Service', () => {
    const manifests = Manifests.of('examples/workload-identity');
    const service = manifests.the<Workload>('Deployment', 'order-service');
    expect(labelsOf(service)).toMatchObject({ 'token-broker/consumer': 'true' });
    const { metadata } = manifests.the('Service', 'token-broker');
    expect(containerOf(service).env?.[0]?.value).toBe(`http://${metadata.name}.${metadata.namespace}:8080`);
  });
});
