import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sharedLookup } from '#http/host-lookup.js';
import { AppModule } from './app.module.js';
import { exitStatus, UsageError } from './cli/command.js';
import type { BrokerOptions } from './core/broker-options.js';
import { BufferedOutput } from './core/buffered-output.js';
import { captureConsole, createLog, NestLog } from './core/log.js';
import { ScheduledJobs } from './core/scheduled-jobs.js';
import { Lifecycle } from './lifecycle.js';
import { managementAdapter } from './management/http-server.js';
import { packageVersion } from './package-version.js';
import { SettingsFault } from './settings/settings-fault.js';
import { SettingsFile } from './settings/settings-file.js';
import { leaveEndToBroker } from './start-signals.js';

/** Runs a broker in this process until a signal stops it. */
export async function runBroker(settingsPath: string): Promise<Lifecycle> {
  const output = new BufferedOutput();
  process.once('exit', () => output.end());
  const options = {
    file: new SettingsFile(settingsPath, process.env),
    log: createLog(output),
    output,
    version: packageVersion(),
  };
  captureConsole(options.log);
  sharedLookup.replaceSystemLookup();
  const app = await startBroker(options, (made) => {
    made.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
    leaveEndToBroker();
  });
  // Some supervisors ask for a reload so; the file is looked at each second in any case.
  process.on('SIGHUP', () => void app.get(ScheduledJobs).reloadSettings(true));
  return app.get(Lifecycle);
}

/**
 * A broker that listens.
 * @param prepare what is to be done with the application before it starts
 * @throws SettingsFault, or the error of a port that is taken
 */
export async function startBroker(
  options: BrokerOptions,
  prepare: (app: NestFastifyApplication) => void = () => {},
): Promise<NestFastifyApplication> {
  const loaded = options.file.load();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(options, loaded),
    managementAdapter(loaded.settings.management.tls),
    { logger: new NestLog(options.log), bodyParser: false, abortOnError: false },
  );
  prepare(app);
  try {
    return await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Ends the process with what went wrong: a line for each fault of the settings, or the one of a start that failed. */
export async function exitOnError<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const isFault = error instanceof SettingsFault;
    const lines = isFault
      ? error.lines
      : [error instanceof Error ? error.message : 'the broker failed to start'];
    process.stderr.write(`${lines.join('\n')}\n`);
    if (isFault) return process.exit(exitStatus.settings);
    return process.exit(error instanceof UsageError ? exitStatus.usage : exitStatus.wrong);
  }
}
