import { type Command, CommandFailure, exitStatus, jsonOption, UsageError } from './command.js';
import { jsonReport } from './json-report.js';
import { pluralize } from './output.js';
import { answerOf, brokerUrl, credentialOf } from './token/broker-request.js';

/** Milliseconds: a revocation may take as long as a token request, and there may be thousands. */
const timeout = 600_000;

interface PurgeAnswer {
  dropped: number;
  revoked: number;
  failed: number;
  revocation: string;
}

export const purgeCommand: Command = {
  name: 'purge',
  about:
    'drops all tokens of a client at a running broker, and revokes them if the authorization server supports it',
  takesFile: false,
  options: {
    url: { type: 'string', value: 'URL', about: 'of its management port, such as http://127.0.0.1:9090' },
    client: { type: 'string', value: 'NAME', about: 'the client whose credential or token was stolen' },
    'credential-file': {
      type: 'string',
      value: 'FILE',
      about:
        'file with your key for the management port, if it requires one; default: the variable TOKEN_BROKER_CREDENTIAL',
    },
    json: jsonOption,
  },
  async run(call, { output, environment }) {
    const needed = 'name the management port by --url and the client by --client';
    const [url, client] = [brokerUrl(call, 'purge', needed), call.text('client')];
    if (client === undefined) throw new UsageError(`purge: ${needed}`);
    const { response, body } = await answerOf(
      new URL('/api/tokens/purge', url),
      credentialOf(call, environment),
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client }),
        signal: AbortSignal.timeout(timeout),
      },
    );
    const answer: unknown = Object.fromEntries(body ?? []);
    if (response.status !== 200) {
      const {
        error = 'refused',
        error_description: words = 'check --url: it must be the management port of a broker',
      } = answer as Record<string, unknown>;
      const message = `not purged (HTTP ${response.status}): ${String(words)}`;
      throw new CommandFailure(exitStatus.wrong, String(error), message);
    }
    const status = (answer as PurgeAnswer).failed === 0 ? exitStatus.fine : exitStatus.wrong;
    if (call.flag('json')) output.json(jsonReport('purge', status, { ...(answer as PurgeAnswer) }));
    else for (const line of lines(answer as PurgeAnswer)) output.line(line);
    return status;
  },
};

function lines({ dropped, revoked, failed, revocation }: PurgeAnswer): string[] {
  const done = `dropped ${pluralize(dropped, 'token')}`;
  if (revocation === 'unsupported') {
    return [
      `${done}; the authorization server has no revocation endpoint, so they stay valid until they expire`,
    ];
  }
  const rest =
    failed === 0
      ? ''
      : `, ${failed} not revoked: the log of the broker says why; revoke them at the authorization server`;
  return [`${done}, ${revoked} revoked${rest}`];
}
