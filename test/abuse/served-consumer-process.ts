import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// A consumer in a process of its own, so that what an attack costs that of the test is not taken for what it costs the
// consumer. It asks for as many milliseconds as a message says, and tells how that went when the last answer has come:
// else the slowest would not count. node served-consumer-process.ts <address> <API key>
const [, , url = '', key = ''] = process.argv;
const [callers, pause] = [6, 4];
const agent = new Agent({ keepAlive: true, maxSockets: callers });
const options = { agent, headers: { authorization: `Bearer ${key}` } };

/** Resolves with the status, or with what went wrong. */
function ask(): Promise<string> {
  return new Promise((done) => {
    get(url, options, (response) => {
      response.resume().once('end', () => done(String(response.statusCode)));
    }).once('error', ({ message }) => done(message));
  });
}

async function call(until: number, times: number[], failures: string[]): Promise<void> {
  while (performance.now() < until) {
    const startedAt = performance.now();
    const outcome = await ask();
    times.push(performance.now() - startedAt);
    if (outcome !== '200') failures.push(outcome);
    await sleep(pause);
  }
}

process.on('message', (duration: number) => {
  const [times, failures]: [number[], string[]] = [[], []];
  const until = performance.now() + duration;
  const all = Array.from({ length: callers }, () => call(until, times, failures));
  void Promise.all(all).then(() => process.send!({ times, failures }));
});
process.once('disconnect', () => process.exit());
