import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RedisSettings {
  port?: number;
  password?: string;
  /** PEM. The server then speaks TLS only. */
  tls?: { ca: string; cert: string; key: string };
  /** By which `RedisServer.command` proves itself, where the server asks for it. */
  client?: { cert: string; key: string };
  /** In which it runs, besides the PATH. */
  environment?: NodeJS.ProcessEnv;
  /** More directives of redis.conf: name -> value. */
  directives?: Record<string, string | number>;
  /** `redis-sentinel` reads the same kind of file. */
  program?: 'redis-server' | 'redis-sentinel';
}

type Directives = Record<string, string | number>;

/** The text of redis.conf (or sentinel.conf). The files of TLS are put into the folder. */
export function configuration(settings: RedisSettings, port: number, folder: string): string {
  const { tls, password, directives = {}, program } = settings;
  const lines: Directives = {
    bind: '127.0.0.1',
    dir: folder,
    ...(tls ? tlsDirectives(tls, port, folder) : { port }),
    ...(program !== 'redis-sentinel' && { save: '""', appendonly: 'no' }),
    ...(password !== undefined && { requirepass: password, masterauth: password }),
    ...directives,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function tlsDirectives(tls: NonNullable<RedisSettings['tls']>, port: number, folder: string): Directives {
  const written = (name: 'ca' | 'cert' | 'key') => {
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, tls[name]);
    return path;
  };
  return {
    port: 0,
    'tls-port': port,
    'tls-ca-cert-file': written('ca'),
    'tls-cert-file': written('cert'),
    'tls-key-file': written('key'),
    'tls-auth-clients': 'no',
  };
}
