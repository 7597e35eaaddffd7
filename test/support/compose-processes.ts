import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandLine, service, textOf, top } from './compose-file.js';
import { freePort } from './free-port.js';
import { LoggedProcesses, searchPath } from './logged-processes.js';
import { until } from './until.js';

/** What stands in the files, and what it is on this machine. */
type Move = readonly [from: string, to: string];

/** The services of docker-compose.yml as processes of this machine: only ports, hosts and paths are others. */
export class ComposeProcesses {
  readonly #processes = new LoggedProcesses();
  /** Of what was started: it holds for all that is started afterwards. */
  readonly #moves: Move[] = [['/certificates', this.folder]];

  async startRedis(): Promise<void> {
    const port = await freePort();
    const here = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.folder];
    this.#processes.run('redis', [...commandLine(service('redis')), ...here]);
    await this.#processes.wrote('redis', /Ready to accept connections/);
    this.#moves.push(['redis://redis:6379', `redis://127.0.0.1:${port}`]);
  }

  /** @returns its address */
  async startAuthorizationServer(): Promise<string> {
    const name = 'authorization-server';
    this.#run(name, [], {
      DEV_AUTHORIZATION_SERVER_NAME: 'localhost',
      DEV_AUTHORIZATION_SERVER_PORT: '0',
    });
    const [, url = ''] = await this.#processes.wrote(name, /"listening":"([^"]+)"/);
    this.#moves.push(['https://authorization-server:8070', url]);
    return url;
  }

  async startBroker(name: string, known?: { consumers: string; management: string }): Promise<void> {
    const ports: Move[] = [
      ['port: 8080', `port: ${known?.consumers ?? 0}`],
      ['port: 9090', `port: ${known?.management ?? (await freePort())}`],
    ];
    const settings = join(this.folder, `${name}.yaml`);
    writeFileSync(settings, this.#moved(textOf('deploy/compose/settings.yaml'), ports));
    this.#run(name, [['/etc/token-broker/settings.yaml', settings]]);
    await this.#processes.wrote(name, /"msg":"listening"/);
  }

  /** On the same ports, where the others look for it. */
  restartBroker(name: string): Promise<void> {
    const portOf = (side: 'consumers' | 'management') => this.addressOf(name, side).split(':')[1]!;
    return this.startBroker(name, { consumers: portOf('consumers'), management: portOf('management') });
  }

  /** @returns its addresses for consumers and for operators */
  async startLoadBalancer(brokers: readonly string[]): Promise<{ url: string; management: string }> {
    const ports = [await freePort(), await freePort()];
    const moves = brokers.flatMap((name): Move[] => [
      [`${name}:8080`, this.addressOf(name, 'consumers')],
      [`${name}:9090`, this.addressOf(name, 'management')],
    ]);
    const file = join(this.folder, 'nginx.conf');
    const listen = [8080, 9090].map((port, n): Move => [`listen ${port}`, `listen 127.0.0.1:${ports[n]}`]);
    writeFileSync(file, this.#moved(textOf('deploy/compose/nginx.conf'), [...listen, ...moves]));
    const here = ['-p', this.folder, '-c', file, '-g', 'daemon off; pid nginx.pid;'];
    this.#processes.run('load-balancer', ['nginx', ...here]);
    const [url = '', management = ''] = ports.map((port) => `http://127.0.0.1:${port}`);
    await until(async () => (await fetch(url)).status === 404, 'the load balancer answers');
    return { url, management };
  }

  /** Sends it to the load balancer at this address. */
  startConsumer(url: string): void {
    this.#run('consumer', [['/etc/token-broker', join(top, 'deploy/compose')]], { TOKEN_BROKER_URL: url });
  }

  /**
   * With the rules as they are, and all that is timed sooner.
   * @returns its address
   */
  async startPrometheus(brokers: readonly string[]): Promise<string> {
    const port = await freePort();
    const folder = join(this.folder, 'prometheus');
    cpSync(join(top, 'deploy/prometheus'), folder, { recursive: true });
    const targets = brokers.map((name): Move => [`${name}:9090`, this.addressOf(name, 'management')]);
    const sooner: Move = ['_interval: 15s', '_interval: 1s'];
    const settings = this.#moved(textOf('deploy/prometheus/prometheus.yaml'), [sooner, ...targets]);
    writeFileSync(join(folder, 'prometheus.yaml'), settings);
    const line = this.#moved(commandLine(service('prometheus')).join('\n'), [
      ['=/etc/prometheus', `=${folder}`],
      ['=/prometheus', `=${join(this.folder, 'samples')}`],
    ]);
    const here = `--web.listen-address=127.0.0.1:${port}`;
    this.#processes.run('prometheus', ['prometheus', ...line.split('\n'), here]);
    await this.#processes.wrote('prometheus', /Server is ready to receive web requests/);
    return `http://127.0.0.1:${port}`;
  }

  get folder(): string {
    return this.#processes.folder;
  }

  /** `host:port` where a broker listens. */
  addressOf(broker: string, side: 'consumers' | 'management'): string {
    const address = new RegExp(`"${side}":"http://0\\.0\\.0\\.0(:\\d+)"`).exec(this.output(broker))?.[1];
    return `127.0.0.1${address}`;
  }

  /** @throws Error when the health check of a service says that it is not healthy */
  async checkHealth(name: string, moves: readonly Move[] = []): Promise<void> {
    const [, program = '', ...args] = service(name).healthcheck!.test;
    const here = this.#moved(args.join('\n'), moves).split('\n');
    const words = here.map((word) => (word.startsWith('dist/') ? join(top, word) : word));
    // In a container it reads the command line of process 1.
    const environment = { PATH: searchPath, TOKEN_BROKER_CONFIG: join(this.folder, `${name}.yaml`) };
    const own = { ...service(name).environment, ...environment };
    await promisify(execFile)(program, words, { env: own });
  }

  output(name: string): string {
    return this.#processes.output(name);
  }

  async kill(name: string): Promise<void> {
    await this.#processes.end(name, 'SIGKILL');
  }

  stop(): Promise<void> {
    return this.#processes.endAll();
  }

  /** What its container runs. */
  #run(name: string, moves: readonly Move[], variables: Record<string, string> = {}): void {
    const { environment } = service(name);
    const line = commandLine(service(name)).map((word) =>
      word.startsWith('dist/') ? join(top, word) : word,
    );
    this.#processes.run(
      name,
      this.#moved(line.join('\n'), moves).split('\n'),
      JSON.parse(this.#moved(JSON.stringify({ ...environment, ...variables }), [])),
    );
  }

  /** @throws Error when there is nothing to be moved like this */
  #moved(text: string, moves: readonly Move[]): string {
    const missing = moves.filter(([from]) => !text.includes(from));
    if (missing.length > 0) throw new Error(`not there: ${missing.join(', ')}`);
    return [...moves, ...this.#moves].reduce((moved, [from, to]) => moved.replaceAll(from, to), text);
  }
}
