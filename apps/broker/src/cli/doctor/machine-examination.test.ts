import { describe, expect, it } from 'vitest';
import { type Machine, machineProblems, thisMachine } from './machine-examination.js';

const roomy: Machine = { openFiles: 65_536, heap: 200 * 2 ** 20, memory: 512 * 2 ** 20 };
const found = (machine: Partial<Machine>, consumers = 10) =>
  machineProblems({ ...roomy, ...machine }, consumers).map(({ detail }) => detail);

describe('the machine, as the doctor sees it', () => {
  it('has nothing wrong when files and memory suffice, or are not limited', () => {
    expect(found({})).toEqual([]);
    expect(found({ openFiles: undefined, memory: 0 })).toEqual([]);
    expect(found({ openFiles: Infinity })).toEqual([]);
  });

  it.each([
    [256, 1],
    [512, 10],
    [1_024, 100],
  ])('allows too few open files: %i for %i consumers', (openFiles, consumers) => {
    expect(found({ openFiles }, consumers)).toEqual([
      expect.stringMatching(/^a process may have \d+ files open here.*LimitNOFILE/),
    ]);
  });

  it('has less memory than the heap may take', () => {
    expect(found({ heap: 500 * 2 ** 20 })).toEqual([
      'the heap may grow to 500 MiB, and the memory is limited to 512 MiB: the process would be killed; set --max-old-space-size in NODE_OPTIONS to 409 or less, or remove it.',
    ]);
  });

  it('is measured', () => {
    const { heap, memory } = thisMachine();
    expect(heap).toBeGreaterThan(0);
    expect(memory).toBeGreaterThanOrEqual(0);
  });
});
