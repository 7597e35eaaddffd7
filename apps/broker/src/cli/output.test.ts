import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output } from './output.js';

function terminal(isTTY: boolean): PassThrough {
  return Object.assign(new PassThrough(), { isTTY, columns: 12 });
}

function some(isTTY: boolean, environment: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [terminal(isTTY), terminal(isTTY)];
  const output = new Output(stdout, stderr, environment);
  return { output, out: () => String(stdout.read() ?? ''), err: () => String(stderr.read() ?? '') };
}

describe('the output of the tool', () => {
  it('has no progress and no colour where there is no terminal', () => {
    const { output, out, err } = some(false);
    output.progress('asking');
    output.line('done', 'green');
    output.end();
    expect([out(), err()]).toEqual(['done\n', '']);
  });

  it('writes progress over progress, cut to the terminal, and takes it away before a result', () => {
    const { output, out, err } = some(true);
    output.progress('asking someone');
    output.progress('again');
    output.line('done', 'green');
    output.end();
    expect(err()).toBe('asking some\r\u001B[Kagain\r\u001B[K');
    expect(out()).toBe('\u001B[32mdone\u001B[39m\n');
  });

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('has no colour on a terminal with %j', (environment) => {
    const { output, out } = some(true, environment);
    output.line('done', 'red');
    expect(out()).toBe('done\n');
  });

  it('lets no control character through', () => {
    const { output, out, err } = some(true, { NO_COLOR: '1' });
    output.line('a\u001B[2Jb\nc\u202Ed');
    output.error('x\ry');
    expect([out(), err()]).toEqual(['a?[2Jb?c?d\n', 'x?y\n']);
  });

  it('writes JSON that steers no terminal and is read as it was', () => {
    const { output, out } = some(false);
    const value = { text: 'a\u009B2Jb\u202Ec\u{E0001}d\n' };
    output.json(value);
    const written = out();
    expect(written).not.toMatch(/[\p{Cf}\u0080-\u009F]/u);
    expect(JSON.parse(written)).toEqual(value);
  });
});
