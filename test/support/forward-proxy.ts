import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import type { AtEnd } from './at-end.js';
import type { Identity } from './certificates.js';
import { freePort } from './free-port.js';
import { LoggedProcesses } from './logged-processes.js';
import { until } from './until.js';

/** A forward proxy on 127.0.0.1 that makes tunnels (CONNECT). */
export interface ForwardProxy {
  url: string;
  port: number;
  /** All that it has logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface ForwardProxyOptions {
  /** `user:password`, when it asks for them. */
  login?: string;
  /** The only port of targets that it connects to. */
  allowedPort?: number;
  /** With it the proxy itself is reached by TLS: squid only. */
  tls?: Identity;
  atEnd: AtEnd;
}

export async function startSquid({
  login,
  allowedPort,
  tls,
  atEnd,
}: ForwardProxyOptions): Promise<ForwardProxy> {
  const port = await freePort();
  const processes = new LoggedProcesses();
  const helper = join(processes.folder, 'log-in');
  writeFileSync(
    helper,
    `#!/bin/sh\nwhile read -r line; do [ "$line" = '${login?.replace(':', ' ')}' ] && echo OK || echo ERR; done\n`,
  );
  chmodSync(helper, 0o755);
  // Squid lets go of root and then needs its folder.
  chmodSync(processes.folder, 0o777);
  const rules = [
    login !== undefined && `auth_param basic program ${helper}`,
    login !== undefined && 'acl known proxy_auth REQUIRED',
    login !== undefined && 'http_access deny !known',
    allowedPort !== undefined && `acl allowed port ${allowedPort}`,
    allowedPort !== undefined && 'http_access deny !allowed',
    'http_access allow CONNECT',
    'http_access deny all',
  ].filter((line) => line !== false);
  const log = join(processes.folder, 'access.log');
  const file = (name: string, text: string) => {
    writeFileSync(join(processes.folder, name), text);
    return join(processes.folder, name);
  };
  const configuration = join(processes.folder, 'squid.conf');
  writeFileSync(
    configuration,
    [
      tls === undefined
        ? `http_port 127.0.0.1:${port}`
        : `https_port 127.0.0.1:${port} tls-cert=${file('cert', tls.cert)} tls-key=${file('key', tls.key)}`,
      ...rules,
      'pid_filename none',
      'cache deny all',
      'access_log stdio:LOG',
      `cache_log ${join(processes.folder, 'cache.log')}`,
      'logfile_rotate 0',
      'pinger_enable off',
      'netdb_filename none',
      `coredump_dir ${processes.folder}`,
      'shutdown_lifetime 0 seconds',
      'visible_hostname proxy.test',
      '',
    ]
      .join('\n')
      .replace('LOG', log),
  );
  const proxy = await running(processes, 'squid', ['squid', '-N', '-f', configuration], port, atEnd, log);
  return tls === undefined ? proxy : { ...proxy, url: `https://localhost:${port}` };
}

export async function startTinyproxy({
  login,
  allowedPort,
  atEnd,
}: ForwardProxyOptions): Promise<ForwardProxy> {
  const port = await freePort();
  const processes = new LoggedProcesses();
  const configuration = join(processes.folder, 'tinyproxy.conf');
  const [user, password] = login?.split(':') ?? [];
  writeFileSync(
    configuration,
    [
      `Port ${port}`,
      'Listen 127.0.0.1',
      'Timeout 600',
      'LogLevel Connect',
      ...(login === undefined ? [] : [`BasicAuth ${user} ${password}`]),
      ...(allowedPort === undefined ? [] : [`ConnectPort ${allowedPort}`]),
      '',
    ].join('\n'),
  );
  return running(processes, 'tinyproxy', ['tinyproxy', '-d', '-c', configuration], port, atEnd);
}

async function running(
  processes: LoggedProcesses,
  name: string,
  command: readonly string[],
  port: number,
  atEnd: AtEnd,
  log?: string,
): Promise<ForwardProxy> {
  processes.run(name, command);
  atEnd(() => processes.endAll());
  await until(() => isListening(port), `${name} listens`);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log: () => (log === undefined ? processes.output(name) : readFileSync(log, 'utf8')),
    stop: async () => void (await processes.end(name, 'SIGTERM')),
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
