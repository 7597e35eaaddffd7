import { describe, expect, it } from 'vitest';
import { connectionBound, openFileLimit } from './open-files.js';

const line = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes             7                    7                    processes\nMax open files            ${soft}                 1048576              files\n`;

describe('the limit of open files', () => {
  it.each([
    [line('1024'), 1_024],
    [line('unlimited'), Infinity],
    ['', undefined],
  ])('is read from the limits of the process: %#', (text, limit) => {
    expect(openFileLimit(() => text)).toBe(limit);
  });

  it('is not known where there is no /proc', () => {
    const read = () => {
      throw new Error('ENOENT');
    };
    expect(openFileLimit(read)).toBeUndefined();
  });

  it.each([
    [64, 32],
    [256, 156],
    [1_024, 819],
    [1_048_576, 838_860],
  ])('of %i leaves consumers %i connections', (limit, connections) => {
    expect(connectionBound(limit)).toBe(connections);
  });
});
