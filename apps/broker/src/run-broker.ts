import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { gatheredOutput } from './core/gathered-output.js';
import { createLog } from './core/log.js';
import { RunningBroker } from './core/running-broker.js';
import { SettingsFault } from './settings/settings-fault.js';
import { SettingsFile } from './settings/settings-file.js';

/** sysexits.h: something in the configuration is wrong. */
const configurationError = 78;

/** Runs a broker in this process until a signal stops it. */
export async function runBroker(settingsPath: string): Promise<RunningBroker> {
  const output = gatheredOutput();
  const log = createLog(output);
  const file = new SettingsFile(settingsPath, process.env);
  const broker = await RunningBroker.start({ file, log, output, version: packageVersion() });
  log.info({ consumers: broker.consumersUrl, management: broker.managementUrl }, 'listening');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      log.info({ signal }, 'stopping');
      await broker.stop();
      log.info('stopped');
      process.exit(0);
    });
  }
  return broker;
}

/** Ends the process with what went wrong: a line for each fault of the settings, or the one of a start that failed. */
export async function orExit<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const isFault = error instanceof SettingsFault;
    const lines = isFault
      ? error.faults
      : [error instanceof Error ? error.message : 'the broker failed to start'];
    process.stderr.write(`${lines.join('\n')}\n`);
    return process.exit(isFault ? configurationError : 1);
  }
}

function packageVersion(): string {
  const packageJson = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}
