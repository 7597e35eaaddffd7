import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#test/free-port.js';
import { until } from '#test/until.js';
import type { BenchRun } from '../bench-run.js';
import { ServerProcess } from '../machine/server-process.js';
import type { RunningServer } from './bare-servers.js';

export interface NginxOptions {
  tokenEndpoint: string;
  /** Of the token request. */
  form: string;
  authorization: string;
}

/** nginx with one worker and `proxy_cache` in front of a token endpoint: a broker of a few lines that never renews ahead. */
export async function nginxCache(run: BenchRun, options: NginxOptions): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'token-broker-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(options, port, folder));
  const server = new ServerProcess('server', ['nginx', '-p', folder, '-c', file, '-e', 'stderr']);
  run.atEnd(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(url)).status > 0, 'nginx listens').catch(async (error: unknown) => {
    throw new Error(`nginx: ${server.output}`, { cause: error });
  });
  return { server, url };
}

function configuration(
  { tokenEndpoint, form, authorization }: NginxOptions,
  port: number,
  folder: string,
): string {
  return `daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  proxy_cache_path ${folder}/cache keys_zone=tokens:1m;
  proxy_temp_path ${folder}/proxy; client_body_temp_path ${folder}/body;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  map_hash_bucket_size 256;
  map $http_authorization $is_consumer { default 0; "${authorization}" 1; }
  server {
    listen 127.0.0.1:${port};
    location = /token {
      if ($is_consumer = 0) { return 401; }
      proxy_pass ${tokenEndpoint};
      proxy_method POST;
      proxy_set_header Content-Type application/x-www-form-urlencoded;
      proxy_set_header Authorization "";
      proxy_set_body '${form}';
      proxy_cache tokens;
      proxy_cache_key $request_uri;
      proxy_ignore_headers Cache-Control;
      proxy_cache_valid 200 2700s;
      proxy_cache_lock on;
    }
  }
}
`;
}
