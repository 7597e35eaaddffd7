import { managementSettings } from '../settings/load-settings.js';
import type { ListenSettings } from '../settings/settings.js';
import { type Command, exitStatus, jsonOption, UsageError } from './command.js';
import { configOf, listeningPorts } from './listening-ports.js';
import { jsonReport } from './json-report.js';
import { addressOf, answerAt } from './running-broker.js';

/** For HEALTHCHECK of the image, which knows no port: the settings do. Only 0 and 1 mean something there. */
export const healthCommand: Command = {
  name: 'health',
  about: 'asks the broker on this machine, at the management port in its settings, whether it is ready',
  takesFile: 'optional',
  options: {
    json: jsonOption,
    config: {
      type: 'string',
      value: 'FILE',
      about: 'the settings file; default: that of the broker running as process 1, as in a container',
    },
  },
  async run(call, { output, environment }) {
    const file = call.text('config') ?? call.file ?? configOf('1');
    if (file === undefined) throw new UsageError('health: name the settings file');
    let management: ListenSettings;
    try {
      management = managementSettings(file, environment);
    } catch (fault) {
      // A broken change of the file is refused by a broker that serves on: where it listens, it is asked.
      const ready = await readyOf(listeningPorts(file));
      if (ready === undefined) throw fault;
      const warning = 'the settings on disk are invalid; run check';
      if (call.flag('json'))
        output.json(jsonReport('health', exitStatus.fine, { warnings: [warning], url: ready }));
      else output.line(`${ready} is ready, but ${warning}`);
      return exitStatus.fine;
    }
    const url = `${addressOf(management)}/readyz`;
    const problem = await problemAt(url, management);
    const status = problem === undefined ? exitStatus.fine : exitStatus.wrong;
    if (call.flag('json')) {
      const errors = problem && [{ code: problem.code, message: `${url} ${problem.message}` }];
      output.json(jsonReport('health', status, { errors, url }));
    } else if (problem?.code === 'unreachable') output.error(`${url} ${problem.message}`);
    else output.line(`${url} ${problem?.message ?? 'is ready'}`);
    return status;
  },
};

/** Undefined when it is ready. */
async function problemAt(
  url: string,
  management: ListenSettings,
): Promise<{ code: string; message: string } | undefined> {
  try {
    const { status } = await answerAt(url, management);
    return status === 200 ? undefined : { code: 'not_ready', message: `is not ready (HTTP ${status})` };
  } catch {
    return { code: 'unreachable', message: 'cannot be reached' };
  }
}

/** The first address of these where a broker is ready. */
async function readyOf(ports: readonly number[]): Promise<string | undefined> {
  for (const port of ports) {
    const url = `http://127.0.0.1:${port}/readyz`;
    const answer = await answerAt(url, { tls: undefined }).catch(() => undefined);
    if (answer?.status === 200) return url;
  }
  return undefined;
}
