import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenReply } from './broker-process.js';

const attempts = 4;

/** Asks again when `Retry-After` says so, as a well-behaved consumer does, a few times at the most. */
export async function patiently(ask: () => Promise<TokenReply>): Promise<TokenReply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await ask();
    const retryAfter = reply.headers.get('retry-after');
    if (retryAfter === null || attempt === attempts) return reply;
    await sleep(Number(retryAfter) * 1000);
  }
}
