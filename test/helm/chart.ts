import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Manifests, top } from '../kubernetes/manifests.js';

export type Values = Record<string, unknown>;

export const chartFolder = join(top, 'deploy/helm/token-broker');
const release = { Name: 'token-broker', Namespace: 'token-broker', Service: 'Helm' };

/** The chart, rendered by Helm where it is installed, or else by text/template of Go with the functions that it uses. */
export class Chart {
  readonly hasHelm = spawnSync('helm', ['version'], { stdio: 'ignore' }).status === 0;
  readonly defaults = read('values.yaml');
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-chart-'));
  readonly #renderer = join(this.#folder, 'render');

  constructor() {
    if (this.hasHelm) return;
    const environment = { ...process.env, GO111MODULE: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    const source = join(top, 'test/helm/render.go');
    execFileSync('go', ['build', '-o', this.#renderer, source], { env: environment, stdio: 'pipe' });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** @throws Error with what the templates say when they fail */
  rendered(values: Values): Manifests {
    const text = this.hasHelm ? this.#byHelm(values) : this.#byGo(merged(this.defaults, values));
    return Manifests.parse(text);
  }

  #byHelm(values: Values): string {
    const file = join(this.#folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    const args = ['template', release.Name, chartFolder, '--namespace', release.Namespace, '--values', file];
    return output('helm', args, '');
  }

  #byGo(values: Values): string {
    const folder = join(chartFolder, 'templates');
    const names = readdirSync(folder);
    const templates = Object.fromEntries(
      names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    const { name, version, appVersion } = read('Chart.yaml');
    const chart = { Name: name, Version: version, AppVersion: appVersion };
    const data = { Values: values, Release: release, Chart: chart };
    const made = JSON.parse(output(this.#renderer, [], JSON.stringify({ templates, data }))) as Record<
      string,
      string
    >;
    const documents = names.filter((file) => file.endsWith('.yaml')).map((file) => made[file]!);
    return documents.filter((text) => text.trim() !== '').join('\n---\n');
  }
}

export function example(name: string): Values {
  return read(`examples/${name}.yaml`);
}

function read(path: string): Values {
  return parse(readFileSync(join(chartFolder, path), 'utf8')) as Values;
}

/** As Helm does: mappings are merged, all else is replaced, and null takes a key away. */
export function merged(below: Values, above: Values): Values {
  const result = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const own = result[name];
    if (value === null) delete result[name];
    else result[name] = isMapping(own) && isMapping(value) ? merged(own, value) : value;
  }
  return result;
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function output(program: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
