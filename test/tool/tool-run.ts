import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../apps/broker/src/cli/main.js';

export interface ToolRun {
  status: number;
  stdout: string;
  stderr: string;
}

const main = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));

/** Runs the built tool in a process of its own. */
export function toolProcess(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<ToolRun> {
  return ran(process.execPath, [main, ...args], environment);
}

/** The same at a pseudo-terminal, by which both streams become one. */
export function toolAtTerminal(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ToolRun> {
  const words = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
  return ran('script', ['-qec', words, '/dev/null'], { TERM: 'xterm', ...environment });
}

function ran(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<ToolRun> {
  const env = { PATH: process.env['PATH'], ...environment };
  const { promise, resolve } = Promise.withResolvers<ToolRun>();
  const child = execFile(program, args, { env }, (error, stdout, stderr) => {
    resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  child.stdin?.end();
  return promise;
}

/** Runs the tool in this process, on streams that keep what is written. */
export async function toolRun(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  terminal: { isTTY?: boolean; columns?: number } = {},
): Promise<ToolRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, terminal),
  ) as [PassThrough, PassThrough];
  const status = await runCli(args, { stdout, stderr, env });
  return { status, stdout: text(stdout), stderr: text(stderr) };
}

function text(stream: PassThrough): string {
  return String(stream.read() ?? '');
}
