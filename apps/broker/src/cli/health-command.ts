import { readFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
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
    const management = managementSettings(file, environment);
    const url = `${addressOf(management)}/readyz`;
    try {
      const status = await statusOf(url, management);
      output.line(status === 200 ? `${url} is ready` : `${url} is not ready (HTTP ${status})`);
      return status === 200 ? exitStatus.fine : exitStatus.wrong;
    } catch {
      output.error(`${url} cannot be reached`);
      return exitStatus.wrong;
    }
  },
};

/** By TLS, what answers there must have the certificate of the settings: the names in it are those of other machines. */
function statusOf(url: string, { tls }: ListenSettings): Promise<number | undefined> {
  const signal = AbortSignal.timeout(timeout);
  const own = { ca: tls?.certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  return new Promise((resolve, reject) => {
    const call = tls === undefined ? httpGet(url, { signal }) : httpsGet(url, { signal, ...own });
    call.once('error', reject).once('response', (response) => {
      resolve(response.resume().statusCode);
      response.socket.destroy();
    });
  });
}

function addressOf({ host, port, tls }: ListenSettings): string {
  const scheme = tls === undefined ? 'http' : 'https';
  if (host === '0.0.0.0') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  return host.includes(':') ? `${scheme}://[${host}]:${port}` : `${scheme}://${host}:${port}`;
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
