import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { stringify } from 'yaml';
import { newApiKey } from '#consumers/api-key.js';
import { freePort } from '#test/free-port.js';
import { client, consumer, registration } from '#test/partner.js';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { ContainerEngine } from './container-engine.js';

// Builds the image of the broker and runs its container, as an administrator would.

const top = join(import.meta.dirname, '../..');
const dockerfile = 'apps/broker/Dockerfile';
const tag = 'token-broker-image-test';
/** Debian's slim image has 75 MB, Node.js 127 MB. */
const maxBytes = 215_000_000;

const engine = ContainerEngine.find();
if (engine === undefined) {
  process.stdout.write('not run: neither a Docker daemon, nor podman with runc and as root, is here\n');
} else {
  try {
    await test(engine);
  } finally {
    engine.tries('rm', '--force', tag);
    engine.remove();
  }
}

async function test(containers: ContainerEngine): Promise<void> {
  step(`engine: ${containers.name}`);
  haveBases(containers);
  containers.run(
    'build',
    '--network=host',
    '--file',
    join(top, dockerfile),
    '--target=broker',
    `--tag=${tag}`,
    top,
  );
  const bytes = Number(containers.run('image', 'inspect', '--format={{.Size}}', tag));
  step(`built: ${Math.round(bytes / 1e6)} MB`);
  assert.ok(bytes < maxBytes, `the image has ${bytes} bytes; ${maxBytes} are the limit`);

  const server = await DevAuthorizationServer.start({ clients: [registration()] });
  try {
    await runContainer(containers, server);
  } finally {
    await server.stop();
  }
}

/** Those of a registry, or of this machine's making where there is none. */
function haveBases(containers: ContainerEngine): void {
  const [, version] = /^ARG NODE_VERSION=(.+)$/m.exec(readFileSync(join(top, dockerfile), 'utf8'))!;
  const bases = [
    { name: 'debian:bookworm-slim', node: false },
    { name: `node:${version}-slim`, node: true },
  ];
  for (const { name, node } of bases) {
    const isThere =
      containers.tries('image', 'inspect', name) || containers.tries('pull', `docker.io/library/${name}`);
    if (isThere) continue;
    containers.makeBase(`docker.io/library/${name}`, { node });
    step(`made ${name} of Debian's packages`);
  }
}

async function runContainer(containers: ContainerEngine, server: DevAuthorizationServer): Promise<void> {
  const { key, hash } = newApiKey();
  const [port, managementPort] = [await freePort(), await freePort()];
  const folder = join(containers.folder, 'settings');
  mkdirSync(folder);
  const settings = {
    listen: { host: '127.0.0.1', port },
    management: { host: '127.0.0.1', port: managementPort },
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  writeFileSync(join(folder, 'settings.yaml'), stringify(settings));

  // Any number as user, as OpenShift gives one, and nothing that can be written.
  const bounds = [
    '--read-only',
    '--user=4242:0',
    '--cap-drop=ALL',
    '--network=host',
    '--volume',
    `${folder}:/settings:ro`,
  ];
  const file = '/settings/settings.yaml';
  containers.run('run', '--detach', `--name=${tag}`, ...bounds, tag, '--config', file);
  const inside = (...args: string[]) => containers.run('exec', tag, 'node', 'dist/broker/main.js', ...args);

  await until(() => containers.tries('exec', tag, 'node', 'dist/broker/main.js', 'health'));
  step('is healthy, read-only, as a user of any number');
  const response = await fetch(`http://127.0.0.1:${port}/token`, {
    headers: { authorization: `Bearer ${key.reveal()}` },
  });
  assert.equal(response.status, 200, containers.run('logs', tag));
  step('serves a token');
  assert.match(inside('doctor', file), /0 faults/);
  step('has a doctor inside');
  assert.match(inside('--version'), /^token-broker \d/);
  assert.ok(!containers.tries('exec', tag, 'npm', '--version'), 'npm must not be in the image');

  containers.run('kill', '--signal=SIGTERM', tag);
  assert.equal(containers.run('wait', tag), '0');
  assert.match(containers.run('logs', tag), /"msg":"stopped"/);
  step('ends with 0 on SIGTERM');
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let attempts = 0; !isTrue(); attempts++) {
    assert.ok(attempts < 60, 'the container does not become healthy');
    await setTimeout(1_000);
  }
}

function step(text: string): void {
  process.stdout.write(`${text}\n`);
}
