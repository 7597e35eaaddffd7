import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

// A consumer on a thread of its own, so that what an attack costs this process is not taken for what it costs the
// consumer. It asks over connections that it keeps, and tells on each message how that went since the one before.
const { url, key, callers, pause } = workerData as { url: string; key: string; callers: number; pause: number };
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

parentPort!.on('message', () => {
  parentPort!.postMessage({ times, failures });
  [times, failures] = [[], []];
});

for (let caller = 0; caller < callers; caller++) {
  void (async () => {
    for (;;) {
      await ask();
      await sleep(pause);
    }
  })();
}
