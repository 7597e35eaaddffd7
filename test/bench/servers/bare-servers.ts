import { fileURLToPath } from 'node:url';
import type { Identity } from '#test/certificates.js';
import type { BenchRun } from '../bench-run.js';
import { ServerProcess } from '../machine/server-process.js';

/** Those that Node.js adds by itself. */
const ofTransport = new Set(['date', 'connection', 'keep-alive']);

export interface RunningServer {
  server: ServerProcess;
  url: string;
}

export interface SameAnswer {
  headers: Record<string, string>;
  body: string;
}

/** What a server answers now: for others to answer the same bytes. @throws Error when that is no token */
export async function answerOf(url: string, authorization: string): Promise<SameAnswer> {
  const response = await fetch(url, { headers: { authorization } });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${body}`);
  const headers = [...response.headers].filter(([name]) => !ofTransport.has(name));
  return { headers: Object.fromEntries(headers), body };
}

/** Node's own HTTP server and nothing else. */
export function bareServer(run: BenchRun, answer: SameAnswer): Promise<RunningServer> {
  return started(run, 'bare-server', answer);
}

/** The same by node:https. */
export async function bareTlsServer(
  run: BenchRun,
  answer: SameAnswer,
  tls: Identity,
): Promise<RunningServer> {
  const { server, url } = await started(run, 'bare-server', { ...answer, tls });
  return { server, url: url.replace('http:', 'https:') };
}

/** A Fastify handler that asks Redis for each request. */
export function fastifyWithRedis(
  run: BenchRun,
  options: { redisPort: number; keyHash: string; body: string },
): Promise<RunningServer> {
  return started(run, 'fastify-redis-server', options);
}

async function started(run: BenchRun, program: string, options: object): Promise<RunningServer> {
  const file = fileURLToPath(new URL(`../programs/${program}.mjs`, import.meta.url));
  const server = new ServerProcess('server', [process.execPath, file, JSON.stringify(options)]);
  run.atEnd(() => server.stop());
  const [, port] = await server.wrote(/listening on (?:http:\/\/127.0.0.1:)?(\d+)/);
  return { server, url: `http://127.0.0.1:${port}` };
}
