import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pinned } from './pinning.js';
import type { ServerProcess } from './server-process.js';

export interface Target {
  server: ServerProcess;
  /** With the query. */
  url: string;
  authorization: string;
  /** A file in Lua that says what wrk requests. */
  script?: string;
}

export interface Throughput {
  requests: number;
  /** Requests per second. */
  rate: number;
  /** Microseconds of CPU that the server used for each. */
  cpu: number;
}

/** As many requests as 64 connections bring through, from the other core. @throws Error when one is not answered well */
export async function saturate(
  { server, url, authorization, script }: Target,
  seconds: number,
): Promise<Throughput> {
  const before = server.cpuTime;
  const args = [
    '-t1',
    '-c64',
    `-d${seconds}s`,
    '-H',
    `Authorization: ${authorization}`,
    ...(script ? ['-s', script] : []),
    url,
  ];
  const [program, ...rest] = pinned('load', ['wrk', ...args]) as [string, ...string[]];
  const wrk = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [told] = await Promise.all([text(wrk.stdout), once(wrk, 'exit')]);
  const used = server.cpuTime - before;
  const requests = Number(/(\d+) requests in/.exec(told)?.[1]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(told)?.[1]);
  if (!(requests > 0) || /Non-2xx|Socket errors/.test(told)) throw new Error(`wrk at ${url}: ${told}`);
  return { requests, rate, cpu: (used * 1_000) / requests };
}
