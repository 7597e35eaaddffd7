import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { compose, type ComposeService, service } from '#test/compose-file.js';
import { top } from './broker-image.js';
import type { ContainerEngine } from './container-engine.js';

type Move = readonly [from: string, to: string];

const names = Object.keys(compose.services);
const soon = { timeout: 60_000, interval: 500 };

export function addressOf(name: string): string {
  return `127.0.17.${names.indexOf(name) + 1}`;
}

/**
 * The services of docker-compose.yml as containers. They share the network of this machine, which need not give them
 * one of their own: each listens on a loopback address of its own, which its name leads to.
 */
export class ComposeContainers {
  readonly #started: string[] = [];

  /** @param images of each service */
  constructor(
    private readonly engine: ContainerEngine,
    private readonly images: ReadonlyMap<string, string>,
  ) {}

  /** Each after those that it waits for. */
  async start(): Promise<void> {
    for (const name of names.filter((one) => this.images.has(one))) await this.#startOnce(name);
  }

  log(name: string): Promise<string> {
    return this.engine.outputOf('logs', this.#container(name)).then(({ stdout, stderr }) => stdout + stderr);
  }

  /** Until the test ends. */
  async stop(name: string): Promise<void> {
    await this.engine.run('stop', '--time=15', this.#container(name));
    onTestFinished(async () => void (await this.engine.run('start', this.#container(name))));
  }

  async remove(): Promise<void> {
    for (const name of this.#started) await this.engine.tries('rm', '--force', this.#container(name));
    for (const name of Object.keys(compose.volumes))
      await this.engine.tries('volume', 'rm', this.#container(name));
  }

  async #startOnce(name: string): Promise<void> {
    if (this.#started.includes(name)) return;
    for (const needed of Object.keys(service(name).depends_on ?? {})) await this.#startOnce(needed);
    this.#started.push(name);
    await this.engine.run('run', ...this.#words(name, service(name)));
    const [, program, ...args] = service(name).healthcheck?.test ?? [];
    if (program === undefined) return;
    const host = program === 'redis-cli' ? ['-h', addressOf(name)] : [];
    const words = [program, ...host, ...args.map((word) => this.#moved(name, word))];
    const isHealthy = () => this.engine.run('exec', this.#container(name), ...words);
    await vi.waitFor(isHealthy, soon).catch(async (error: Error) => {
      throw new Error(`${name}: ${error.message}\n${await this.log(name)}`);
    });
  }

  #words(name: string, one: ComposeService): string[] {
    const [program, ...rest] = one.entrypoint ?? [];
    return [
      '--detach',
      `--name=${this.#container(name)}`,
      '--network=host',
      ...this.engine.limits,
      ...names.map((other) => `--add-host=${other}:${addressOf(other)}`),
      ...Object.entries(one.environment ?? {}).map(
        ([key, value]) => `--env=${key}=${this.#moved(name, value)}`,
      ),
      ...(one.volumes ?? []).map((volume) => `--volume=${this.#mounted(name, volume)}`),
      ...(one.cap_drop ?? []).map((capability) => `--cap-drop=${capability}`),
      ...(one.security_opt ?? []).map((option) => `--security-opt=${option.replace(':true', '')}`),
      ...(one.read_only === true ? ['--read-only'] : []),
      ...(program === undefined ? [] : [`--entrypoint=${program}`]),
      this.images.get(name)!,
      ...rest,
      ...(one.command ?? []),
      ...this.#ownWords(name),
    ];
  }

  /** Where a program of others listens. */
  #ownWords(name: string): string[] {
    const address = addressOf(name);
    if (name === 'redis') return ['--bind', address];
    return name === 'prometheus' ? [`--web.listen-address=${address}:9090`] : [];
  }

  #moved(name: string, text: string): string {
    const address = addressOf(name);
    const moves: readonly Move[] = [
      ['0.0.0.0', address],
      ['127.0.0.1', address],
      ['listen 8080', `listen ${address}:8080`],
      ['listen 9090', `listen ${address}:9090`],
    ];
    return moves.reduce((moved, [from, to]) => moved.replaceAll(from, to), text);
  }

  /** A volume of this run, or a copy of a file or folder of the project, with the addresses of this run. */
  #mounted(name: string, volume: string): string {
    const [from = '', to, ...options] = volume.split(':');
    if (!from.startsWith('.')) return [this.#container(from), to, ...options].join(':');
    const copy = join(this.engine.folder, 'compose', name, from);
    cpSync(join(top, from), copy, { recursive: true });
    const files = [copy, join(copy, 'settings.yaml')].filter((path) => /\.(yaml|conf)$/.test(path));
    for (const file of files.filter((path) => existsSync(path)))
      writeFileSync(file, this.#moved(name, readFileSync(file, 'utf8')));
    return [copy, to, ...options].join(':');
  }

  #container(name: string): string {
    return `token-broker-compose-${name}`;
  }
}
