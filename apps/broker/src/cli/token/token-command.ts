import { type Call, type Command, jsonOption, exitStatus, UsageError } from '../command.js';
import { requestToken, BrokerUnreachable } from './broker-request.js';
import { credentialOf } from './credential-of.js';
import { reportResponse } from './token-report.js';

export const tokenCommand: Command = {
  name: 'token',
  about: 'asks a running broker for a token, and shows what is in it',
  takesFile: false,
  options: {
    url: { type: 'string', value: 'URL', about: 'of the broker, such as http://127.0.0.1:8080' },
    scopes: { type: 'string', value: "'A B'", about: 'separated by spaces; left out: all that you may have' },
    client: { type: 'string', value: 'NAME', about: 'the client, unless you may have one only' },
    resource: { type: 'string', value: 'URI', multiple: true, about: 'a resource (RFC 8707), may repeat' },
    'min-ttl': { type: 'string', value: 'SECONDS', about: 'that the token must still live' },
    'credential-file': {
      type: 'string',
      value: 'FILE',
      about: 'holds your API key or workload JWT; left out: the variable TOKEN_BROKER_CREDENTIAL',
    },
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
    try {
      context.output.progress(`asking ${url.origin}`);
      return reportResponse(await requestToken(url, credential), call, context.output);
    } catch (error) {
      if (!(error instanceof BrokerUnreachable)) throw error;
      context.output.error(`${url.origin} cannot be reached (${error.message})`);
      return exitStatus.unreachable;
    }
  },
};

function requestUrl(call: Call): URL {
  const base = call.text('url');
  const url = base === undefined ? null : URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('token: name the broker by --url, such as --url http://127.0.0.1:8080');
  }
  if (url.username !== '' || url.password !== '')
    throw new UsageError('token: --url must hold no credential');
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
