import { readFileSync } from 'node:fs';
import { managementSettings } from '../settings/load-settings.js';
import type { ListenSettings } from '../settings/settings.js';
import { type Command, exitStatus, UsageError } from './command.js';
import { configOption } from './config-option.js';

/** Milliseconds: below the timeout of the image's HEALTHCHECK. */
const timeout = 2_000;

/** For HEALTHCHECK of the image, which knows no port: the settings do. Only 0 and 1 mean something there. */
export const healthCommand: Command = {
  name: 'health',
  about: 'asks a broker of this machine, where its settings say that it listens, whether it is ready',
  takesFile: 'optional',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      about: 'the settings file; left out: that of the broker which is process 1, as in a container',
    },
  },
  async run(call, { output, environment }) {
    const file = call.text('config') ?? call.file ?? fileOfProcessOne();
    if (file === undefined) throw new UsageError('health: name the settings file');
    const url = `${addressOf(managementSettings(file, environment))}/readyz`;
    try {
      const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(timeout) });
      output.line(ok ? `${url} is ready` : `${url} is not ready (HTTP ${status})`);
      return ok ? exitStatus.fine : exitStatus.wrong;
    } catch {
      output.error(`${url} cannot be reached`);
      return exitStatus.wrong;
    }
  },
};

function addressOf({ host, port }: ListenSettings): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/** Undefined where there is no `/proc`, or process 1 is no broker that was started with `--config`. */
function fileOfProcessOne(): string | undefined {
  try {
    const args = readFileSync('/proc/1/cmdline', 'utf8').split('\0').filter(Boolean);
    const start = args.findIndex((arg) => /^--config(?:=|$)/.test(arg));
    return start < 0 ? undefined : configOption(args.slice(start), {});
  } catch {
    return undefined;
  }
}
