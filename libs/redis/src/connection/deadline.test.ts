import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadline, inTime } from './deadline.js';

function beBusy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** An answer over the network that arrives while this process does not look. */
async function someAnswer(): Promise<{ answer: Promise<unknown> }> {
  const server = createServer((socket) => void socket.on('error', () => {}).end('answer'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  return { answer: once(socket, 'data') };
}

describe('a deadline', () => {
  it('strikes when what is waited for does not come', async () => {
    const { promise } = Promise.withResolvers<never>();
    const begin = performance.now();
    await expect(inTime(promise, 50)).rejects.toThrow('timeout');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
  });

  it.each([100, 400])('does not strike in a process that is busy for %d ms, many times it', async (busy) => {
    const { answer } = await someAnswer();
    const waiting = inTime(answer, 50);
    setImmediate(() => beBusy(busy));
    await expect(waiting).resolves.toBeDefined();
  });

  it('leaves a question that is asked only after the busy time its own time', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = inTime(promise, 100);
    setImmediate(() => {
      beBusy(300);
      // As what ioredis has gathered leaves only then, the answer needs turns of the event loop of its own.
      setImmediate(() => setTimeout(() => resolve('answer'), 10));
    });
    await expect(waiting).resolves.toBe('answer');
  });

  it('can be called off at any time', async () => {
    const strikes: string[] = [];
    deadline(0, () => strikes.push('called off'))();
    await new Promise<void>((resolve) => deadline(20, resolve));
    expect(strikes).toEqual([]);
  });
});
