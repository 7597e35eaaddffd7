import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { MountedFiles } from '#test/mounted-files.js';
import type { BenchRun } from '../bench-run.js';
import type { Core } from '../machine/pinning.js';
import { ServerProcess } from '../machine/server-process.js';

const ownMain = fileURLToPath(new URL('../../../dist/broker/main.js', import.meta.url));

export interface BrokerOptions {
  core?: Core;
  /** Of Node.js, such as `--expose-gc`. */
  flags?: readonly string[];
  environment?: object;
  /** Of another build than this one. */
  main?: string;
}

/** The built broker, listening. */
export class BenchBroker {
  private constructor(
    readonly process: ServerProcess,
    readonly consumers: string,
    readonly management: string,
  ) {}

  static async start(
    run: BenchRun,
    settings: object,
    { core = 'server', flags = [], environment = {}, main = ownMain }: BrokerOptions = {},
  ): Promise<BenchBroker> {
    const files = new MountedFiles({ 'settings.yaml': settingsText(settings) });
    const command = [process.execPath, ...flags, main, '--config', files.path('settings.yaml')];
    const server = new ServerProcess(core, command, environment);
    run.atEnd(async () => {
      await server.stop();
      files.remove();
    });
    const [, consumers, management] = await server.wrote(/"consumers":"([^"]+)","management":"([^"]+)"/);
    return new BenchBroker(server, consumers!, management!);
  }
}

function settingsText(settings: object): string {
  const local = { host: '127.0.0.1', port: 0 };
  // A load generator asks more often than a consumer may.
  return stringify({ listen: local, management: local, maxRequestsPerSecond: 1_000_000, ...settings });
}
