import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { metricValue } from '#test/metric-value.js';
import { MountedFiles } from '#test/mounted-files.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const main = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const dropped = 'token_broker_log_lines_dropped_total';

interface LoggingBroker {
  process: ChildProcess;
  /** Of the standard error. */
  told(): string;
  ask(): Promise<number>;
  metrics(): Promise<string>;
}

/** @param stdout a file descriptor, or `pipe` */
async function brokerLoggingTo(stdout: number | 'pipe'): Promise<LoggingBroker> {
  const server = await runningServer();
  const { key, hash } = someKey();
  const [listen, management] = [await freePort(), await freePort()];
  const host = '127.0.0.1';
  const settings = {
    listen: { host, port: listen },
    management: { host, port: management },
    drainTime: 0,
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  const files = new MountedFiles({ 'settings.yaml': JSON.stringify(settings) });
  const broker = spawn(process.execPath, [main, '--config', files.path('settings.yaml')], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  onTestFinished(async () => {
    if (broker.exitCode === null && broker.kill('SIGKILL')) await once(broker, 'exit');
    files.remove();
  });
  let stderr = '';
  broker.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ask = async () => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`http://${host}:${listen}/token?scopes=api:partner`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  await until(async () => (await ask()) === 200, 'it serves');
  const metrics = async () => (await fetch(`http://${host}:${management}/metrics`)).text();
  return { process: broker, told: () => stderr, ask, metrics };
}

async function endOf({ process: broker }: LoggingBroker): Promise<number | null> {
  const exited = once(broker, 'exit') as Promise<[number | null]>;
  broker.kill('SIGTERM');
  return (await exited)[0];
}

/** As many audit lines as no buffer holds. */
async function askOften(broker: LoggingBroker): Promise<void> {
  for (let n = 0; n < 300; n++) {
    expect(await Promise.all(Array.from({ length: 20 }, broker.ask))).toEqual(Array(20).fill(200));
  }
}

describe('a broker whose standard output', () => {
  it('is a full disk serves, counts the lines it drops, says so once, and ends', async () => {
    const broker = await brokerLoggingTo(openSync('/dev/full', 'w'));
    await until(async () => (metricValue(await broker.metrics(), dropped) ?? 0) > 0, 'lines are dropped');
    for (let n = 0; n < 50; n++) expect(await broker.ask()).toBe(200);
    expect(broker.told()).toMatch(/^log lines are dropped: [^\n]*ENOSPC[^\n]*\n$/);
    expect(await endOf(broker)).toBe(0);
  });

  it('is a pipe that is not read serves, drops lines beyond a bound, and ends', async () => {
    const broker = await brokerLoggingTo('pipe');
    broker.process.stdout!.pause();
    await askOften(broker);
    await until(async () => (metricValue(await broker.metrics(), dropped) ?? 0) > 0, 'lines are dropped');
    expect(broker.told()).toMatch(/^log lines are dropped: [^\n]*\n$/);
    expect(await endOf(broker)).toBe(0);
  });

  it('is a pipe whose reader has gone serves, and ends', async () => {
    const broker = await brokerLoggingTo('pipe');
    broker.process.stdout!.destroy();
    for (let n = 0; n < 50; n++) expect(await broker.ask()).toBe(200);
    await until(async () => (metricValue(await broker.metrics(), dropped) ?? 0) > 0, 'lines are dropped');
    expect(broker.told()).toMatch(/EPIPE/);
    expect(await endOf(broker)).toBe(0);
  });
});
