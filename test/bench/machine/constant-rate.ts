import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ConstantRate {
  url: string;
  /** Paths with their query, and values of the header `Authorization`: drawn by chance. */
  questions: readonly { path: string; authorization: string }[];
  /** Requests per second. */
  rate: number;
  seconds: number;
  /** Seconds before those, which do not count. */
  warmUp: number;
}

const program = fileURLToPath(new URL('../programs/open-loop.ts', import.meta.url));

/** Milliseconds from the instant at which each request was to be sent to its answer. @throws Error when one fails */
export async function latenciesAt({
  url,
  questions,
  rate,
  seconds,
  warmUp,
}: ConstantRate): Promise<number[]> {
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
  });
  const port = Number(new URL(url).port);
  child.send({ port, questions: questions.map(text), rate, seconds, warmUp, connections: 64 });
  const latencies = once(child, 'message').then(([told]) => told as number[]);
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('the load generator failed')));
  failed.catch(() => {});
  return Promise.race([latencies, failed]);
}

function text({ path, authorization }: ConstantRate['questions'][number]): string {
  return `GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: ${authorization}\r\n\r\n`;
}
