import { beforeEach, describe, expect, it } from 'vitest';
import { BufferedOutput } from './buffered-output.js';

let texts: string[];
/** Ends the write under way. */
let done: (error?: Error) => void;
let reports: string[];
let output: BufferedOutput;

beforeEach(() => {
  [texts, reports] = [[], []];
  const sink = {
    write(text: string, ended: (error?: Error) => void) {
      texts.push(text);
      done = ended;
    },
    end: (text: string) => void texts.push(text),
  };
  output = new BufferedOutput(sink, (text) => void reports.push(text));
});

describe('the buffered output', () => {
  it('writes lines together, one write at a time', () => {
    output.write('a\n');
    output.write('b\n');
    output.flush();
    output.write('c\n');
    output.flush();
    expect(texts).toEqual(['a\nb\n']);
    done();
    output.flush();
    expect(texts).toEqual(['a\nb\n', 'c\n']);
    expect(output.droppedLines).toBe(0);
  });

  it('drops and counts lines that are not taken, and says so once', () => {
    const line = `${'x'.repeat(999)}\n`;
    for (let n = 0; n < 5_000; n++) output.write(line);
    // One batch is being written, and a million characters wait.
    expect(output.droppedLines).toBe(5_000 - 64 - 1_000);
    expect(reports).toEqual([expect.stringContaining('does not keep up')]);
  });

  it('drops and counts the lines of a write that fails, and begins a new line after it', () => {
    output.write('a\n');
    output.write('b\n');
    output.flush();
    done(new Error('ENOSPC'));
    expect(output.droppedLines).toBe(2);
    output.write('c\n');
    output.flush();
    done();
    output.write('d\n');
    output.flush();
    expect(texts).toEqual(['a\nb\n', '\nc\n', 'd\n']);
    expect(reports).toEqual([expect.stringContaining('ENOSPC')]);
  });

  it('writes what is left as the process ends', () => {
    output.write('a\n');
    output.end();
    expect(texts).toEqual(['a\n']);
  });
});
