import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '#test/free-port.js';
import { LoggedProcesses } from '#test/logged-processes.js';
import { until } from '#test/until.js';

const configuration = join(import.meta.dirname, '../../deploy/proxies/nginx.conf');

export interface NginxProxyOptions {
  /** Addresses, without a slash at the end. */
  broker: string;
  api: string;
  /** Its API key at the broker. */
  key: string;
  /** PEM of the authority that the API's certificate is of. */
  ca?: string;
}

/** An nginx that runs by deploy/proxies/nginx.conf: only addresses and paths are others. */
export class NginxProxy {
  readonly #processes = new LoggedProcesses();

  private constructor(readonly url: string) {}

  static async start(options: NginxProxyOptions): Promise<NginxProxy> {
    const port = await freePort();
    const proxy = new NginxProxy(`http://127.0.0.1:${port}`);
    proxy.#run(port, options);
    try {
      await until(
        async () => (await fetch(`${proxy.url}/.token-broker/token`)).status === 404,
        'nginx answers',
      );
    } catch (cause) {
      const said = proxy.#processes.output('nginx');
      await proxy.stop();
      throw new Error(`nginx does not start: ${said}`, { cause });
    }
    return proxy;
  }

  /** All that it has logged. */
  get output(): string {
    return this.#processes.output('nginx');
  }

  async stop(): Promise<void> {
    await this.#processes.endAll();
  }

  #run(port: number, { broker, api, key, ca = '' }: NginxProxyOptions): void {
    const { folder } = this.#processes;
    const moves = {
      'listen 127.0.0.1:8000': `listen 127.0.0.1:${port}`,
      'server token-broker:8080': `server ${new URL(broker).host}`,
      'server api.example:443': `server ${new URL(api).host}`,
      'https://api;': `${new URL(api).protocol}//api;`,
      'Host api.example': `Host ${new URL(api).host}`,
      'proxy_ssl_name api.example': `proxy_ssl_name ${new URL(api).hostname}`,
      '/etc/nginx/token-broker-credential.conf': this.#write('credential.conf', credentialLine(key)),
      '/etc/ssl/certs/ca-certificates.crt': this.#write('ca.pem', ca),
      '/dev/stdout': join(folder, 'access.log'),
    };
    const file = this.#write('nginx.conf', moved(readFileSync(configuration, 'utf8'), moves));
    const here = ['-p', folder, '-c', file, '-g', 'daemon off; pid nginx.pid;'];
    this.#processes.run('nginx', ['nginx', ...here]);
  }

  #write(name: string, content: string): string {
    const path = join(this.#processes.folder, name);
    writeFileSync(path, content);
    return path;
  }
}

function credentialLine(key: string): string {
  return `proxy_set_header Authorization "Bearer ${key}";\n`;
}

/** @throws Error when there is nothing to be moved like this */
function moved(text: string, moves: Readonly<Record<string, string>>): string {
  const missing = Object.keys(moves).filter((from) => !text.includes(from));
  if (missing.length > 0) throw new Error(`not there: ${missing.join(', ')}`);
  return Object.entries(moves).reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
