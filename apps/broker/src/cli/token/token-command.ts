import { type Call, type Command, jsonOption, type ExitStatus, exitStatus, UsageError } from '../command.js';
import type { Output } from '../output.js';
import { type BrokerResponse, brokerUrl, credentialOf, requestToken } from './broker-request.js';
import { TokenFile } from './token-file.js';
import { type TokenForm, tokenForm } from './token-form.js';
import { refusalLines, reportResponse } from './token-report.js';

export const tokenCommand: Command = {
  name: 'token',
  about: 'requests a token from a running broker, and shows its contents',
  takesFile: false,
  options: {
    url: { type: 'string', value: 'URL', about: 'of the broker, such as http://127.0.0.1:8080' },
    scopes: { type: 'string', value: "'A B'", about: 'separated by spaces; default: all that you may have' },
    client: { type: 'string', value: 'NAME', about: 'the client; can be omitted if you have only one' },
    resource: { type: 'string', value: 'URI', multiple: true, about: 'a resource (RFC 8707), may repeat' },
    'min-ttl': { type: 'string', value: 'SECONDS', about: 'that the token must still be valid' },
    'credential-file': {
      type: 'string',
      value: 'FILE',
      about: 'file with your API key or workload JWT; default: the variable TOKEN_BROKER_CREDENTIAL',
    },
    'exec-credential': {
      type: 'boolean',
      about: 'prints the token as an ExecCredential, for kubectl and other users of client-go',
    },
    plain: { type: 'boolean', about: 'prints the token as the JSON of a token response, with its expiry' },
    write: {
      type: 'string',
      value: 'FILE',
      about: 'writes the token to this file (mode 0600), and renews it before it expires, until stopped',
    },
    once: { type: 'boolean', about: 'with --write: writes it once and exits' },
    reveal: { type: 'boolean', about: 'prints the token itself' },
    json: jsonOption,
  },
  async run(call, context) {
    const url = requestUrl(call);
    const credential = credentialOf(call, context.environment);
    if (credential === undefined) {
      throw new UsageError(
        'token: put your API key or workload JWT, one line, into TOKEN_BROKER_CREDENTIAL or a file named by --credential-file',
      );
    }
    const form = tokenForm(call, context.environment);
    if (call.flag('once') && call.text('write') === undefined) {
      throw new UsageError('token: --once requires --write FILE');
    }
    context.output.progress(`asking ${url.origin}`);
    const file = call.text('write');
    if (file !== undefined) {
      const sink = new TokenFile(file, form, () => requestToken(url, credential), context.output);
      return call.flag('once') ? sink.writeOnce() : sink.keepFresh(untilStopped());
    }
    const response = await requestToken(url, credential);
    if (form.name === 'token') return reportResponse(response, call, context.output);
    return printForProgram(response, form, context.output);
  },
};

/** Nothing but the token is printed, for a program that reads it; a refusal goes to the other stream. */
function printForProgram(response: BrokerResponse, form: TokenForm, output: Output): ExitStatus {
  if (response.token === undefined) {
    for (const line of refusalLines(response)) output.error(line);
    return exitStatus.wrong;
  }
  output.line(form.render(response.token, Date.now()));
  return exitStatus.fine;
}

/** Aborted when the process is asked to end. */
function untilStopped(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

function requestUrl(call: Call): URL {
  const url = brokerUrl(call, 'token', 'name the broker by --url, such as --url http://127.0.0.1:8080');
  url.pathname = `${url.pathname.replace(/\/$/, '')}/token`;
  url.search = '';
  for (const [parameter, option] of [
    ['scopes', 'scopes'],
    ['client', 'client'],
    ['min_ttl', 'min-ttl'],
  ] as const) {
    const value = call.text(option);
    if (value !== undefined) url.searchParams.set(parameter, value);
  }
  for (const resource of call.texts('resource')) url.searchParams.append('resource', resource);
  return url;
}
