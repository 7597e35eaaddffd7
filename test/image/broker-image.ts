import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ContainerEngine } from './container-engine.js';
import { DebianFiles } from './debian-files.js';

export const top = join(import.meta.dirname, '../..');
export const dockerfile = join(top, 'apps/broker/Dockerfile');
export const nodeVersion = /^ARG NODE_VERSION=(.+)$/m.exec(readFileSync(dockerfile, 'utf8'))![1]!;

/** A name that no registry has: a base image of this machine must not pass for the official one. */
const ownVersion = 'of-this-machine';

/** How `npm` of the base image gets at the build. */
export type Npm = 'installs and builds' | 'takes the build of this machine';

/** The version of `node:…-slim` to build from: that of the Dockerfile where a registry has it, or else one of this machine. */
export async function baseVersion(engine: ContainerEngine, npm: Npm): Promise<string> {
  if (npm === 'installs and builds') {
    const name = `docker.io/library/node:${nodeVersion}-slim`;
    const isReachable = lookup('registry-1.docker.io').catch(() => undefined);
    if (await engine.tries('image', 'inspect', name)) return nodeVersion;
    if ((await isReachable) !== undefined && (await engine.tries('pull', name))) return nodeVersion;
  }
  const files = new DebianFiles(join(engine.folder, 'node'));
  files.addPackages(['libstdc++6']);
  files.copy(process.execPath, 'usr/local/bin/node');
  if (npm === 'installs and builds') addNpm(files);
  else addBuild(files);
  const archive = files.archive();
  await engine.run('import', archive, baseImage(ownVersion));
  rmSync(archive);
  return ownVersion;
}

export function baseImage(version: string): string {
  return `docker.io/library/node:${version}-slim`;
}

/** Builds a stage of the Dockerfile. */
export async function buildStage(
  engine: ContainerEngine,
  stage: string,
  tag: string,
  version: string,
): Promise<void> {
  // The health check is part of Docker's format only.
  const format = engine.name === 'podman' ? ['--format=docker'] : [];
  const words = ['--network=host', ...format, `--build-arg=NODE_VERSION=${version}`];
  await engine.run('build', ...words, `--file=${dockerfile}`, `--target=${stage}`, `--tag=${tag}`, top);
}

/** With the registry of this machine, and the authority that it trusts for it. */
function addNpm(files: DebianFiles): void {
  const { stdout } = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' });
  files.copy(dirname(dirname(realpathSync(stdout.trim()))), 'usr/local/lib/node_modules/npm');
  files.write(
    'usr/local/bin/npm',
    '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    0o755,
  );
  const lines = [`registry=${npmSetting('registry')}`];
  const authority = npmSetting('cafile') ?? process.env['NODE_EXTRA_CA_CERTS'];
  if (authority !== undefined) {
    files.copy(authority, 'usr/local/etc/npm-ca.pem');
    lines.push('cafile=/usr/local/etc/npm-ca.pem');
  }
  files.write('usr/local/etc/npmrc', `${lines.join('\n')}\n`);
}

function addBuild(files: DebianFiles): void {
  files.copy(join(top, 'dist'), 'built/dist');
  files.write('usr/local/bin/npm', '#!/bin/sh\ncase $1 in run) cp -R /built/dist . ;; esac\n', 0o755);
}

function npmSetting(name: string): string | undefined {
  const value = spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
  return ['', 'null', 'undefined'].includes(value) ? undefined : value;
}
