import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// A consumer in a process of its own, so that what an attack costs that of the test is not taken for what it costs the
// consumer. It asks over connections that it keeps, and tells on each message how that went since the one before:
// node served-consumer-process.ts <address> <API key>
const [, , url = '', key = ''] = process.argv;
const [callers, pause] = [6, 4];
const agent = new Agent({ keepAlive: true, maxSockets: callers });
const options = { agent, headers: { authorization: `Bearer ${key}` } };

let times: number[] = [];
let failures: string[] = [];

function ask(): Promise<void> {
  const startedAt = performance.now();
  return new Promise((done) => {
    const failed = (what: string) => {
      failures.push(what);
      done();
    };
    get(url, options, (response) => {
      response.resume().once('end', () => {
        times.push(performance.now() - startedAt);
        if (response.statusCode !== 200) return failed(String(response.statusCode));
        done();
      });
    }).once('error', ({ message }) => failed(message));
  });
}

process.on('message', () => {
  process.send!({ times, failures });
  [times, failures] = [[], []];
});
process.once('disconnect', () => process.exit());

for (let caller = 0; caller < callers; caller++) {
  void (async () => {
    for (;;) {
      await ask();
      await sleep(pause);
    }
  })();
}
