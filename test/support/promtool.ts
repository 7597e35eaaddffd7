import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface PromtoolOutcome {
  status: number | null;
  /** What it wrote to the standard output and error. */
  output: string;
}

/** Runs promtool, with some text on its standard input. */
export async function promtool(args: readonly string[], input = ''): Promise<PromtoolOutcome> {
  const child = spawn('promtool', args);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  // It may end before it has read what it has no use for.
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, output: stdout + stderr };
}
