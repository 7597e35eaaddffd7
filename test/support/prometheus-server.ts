import type { AtEnd } from './at-end.js';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from './free-port.js';
import { until } from './until.js';

export interface PrometheusOptions {
  /** Content of rule files by name. */
  rules: Readonly<Record<string, string>>;
  /** Between two scrapes, and between two evaluations of the rules: `1s`. */
  interval: string;
}

export interface Targets {
  /** `host:port` each. */
  targets: readonly string[];
  /** Beside the job's name, or in place of it. */
  labels?: Readonly<Record<string, string>>;
}

export interface Series {
  metric: Record<string, string>;
  /** Unix time in seconds, value. */
  values: [number, string][];
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A real Prometheus on 127.0.0.1, in a folder of its own, that scrapes the job `token-broker`. */
export class PrometheusServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-prometheus-'));
  #process: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async start(options: PrometheusOptions, atEnd: AtEnd = onTestFinished): Promise<PrometheusServer> {
    const server = new PrometheusServer(await freePort());
    atEnd(() => server.#stop());
    server.scrape([]);
    server.#configure(options);
    server.#launch();
    await until(async () => (await fetch(`${server.url}/-/ready`)).ok, 'Prometheus is ready');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on these and no others. It takes a moment to notice. */
  scrape(targets: readonly Targets[]): void {
    const next = join(this.#folder, 'next');
    writeFileSync(next, JSON.stringify(targets));
    renameSync(next, join(this.#folder, 'targets.json'));
  }

  /** Of each series the values since then (Unix time in seconds), in steps of a second. @throws Error by Prometheus */
  async range(query: string, start: number): Promise<Series[]> {
    const end = Date.now() / 1000;
    const form = { query, start: String(start), end: String(end), step: '1' };
    const body = new URLSearchParams(form);
    const answer = await fetch(`${this.url}/api/v1/query_range`, { method: 'POST', body });
    const { data, error } = (await answer.json()) as { data?: { result: Series[] }; error?: string };
    if (data === undefined) throw new Error(`${query}: ${error}`);
    return data.result;
  }

  /** The labels of the alerts that fire now. */
  async firing(): Promise<Record<string, string>[]> {
    const answer = await fetch(`${this.url}/api/v1/alerts`);
    const { data } = (await answer.json()) as {
      data: { alerts: { state: string; labels: Record<string, string> }[] };
    };
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  }

  #configure({ rules, interval }: PrometheusOptions): void {
    for (const [name, content] of Object.entries(rules)) writeFileSync(join(this.#folder, name), content);
    const sources = [{ files: ['targets.json'], refresh_interval: interval }];
    const configuration = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: Object.keys(rules),
      scrape_configs: [{ job_name: 'token-broker', file_sd_configs: sources }],
    };
    writeFileSync(join(this.#folder, 'prometheus.yaml'), stringify(configuration));
  }

  #launch(): void {
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(this.#folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(this.#folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
      ],
      { stdio: 'ignore' },
    );
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  async #stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
