import { readFileSync } from 'node:fs';
import { Secret } from '#tokens/secret.js';
import { type Call, type Command, type Context, jsonOption } from '../command.js';
import { type ExitStatus, exitStatus } from '../exit-status.js';
import { UsageFault } from '../usage-fault.js';
import { askBroker, type BrokerAnswer, BrokerUnreachable } from './ask-broker.js';
import { claimText, describedToken } from './described-token.js';

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
    try {
      context.output.progress(`asking ${url.origin}`);
      return report(await askBroker(url, credential), call, context);
    } catch (error) {
      if (!(error instanceof BrokerUnreachable)) throw error;
      context.output.complaint(`${url.origin} cannot be reached (${error.message})`);
      return exitStatus.unreachable;
    }
  },
};

function requestUrl(call: Call): URL {
  const base = call.text('url');
  const url = base === undefined ? null : URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageFault('token: name the broker by --url, such as --url http://127.0.0.1:8080');
  }
  if (url.username !== '' || url.password !== '')
    throw new UsageFault('token: --url must hold no credential');
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

/** Never from the command line: others see that. */
function credentialOf(call: Call, environment: NodeJS.ProcessEnv): Secret {
  const file = call.text('credential-file');
  const text = file === undefined ? environment['TOKEN_BROKER_CREDENTIAL'] : textIn(file);
  // What a header cannot hold would come back in an error message.
  if (text && /^[\x21-\x7E]+$/.test(text.trim())) return new Secret(text.trim());
  throw new UsageFault(
    'token: put your API key or workload JWT, one line, into TOKEN_BROKER_CREDENTIAL or a file named by --credential-file',
  );
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageFault(`token: the file ${file} cannot be read`);
  }
}

function report(answer: BrokerAnswer, call: Call, { output }: Context): ExitStatus {
  const { token, status, error, description, upstreamError, retryAfter } = answer;
  const isJson = call.flag('json');
  if (token === undefined) {
    if (isJson) output.json({ status, error, error_description: description, upstreamError, retryAfter });
    else for (const line of refusalLines(answer)) output.line(line);
    return exitStatus.wrong;
  }
  const { value, expiresIn, refreshIn, scope } = token;
  const described = describedToken(value);
  const revealed = call.flag('reveal') ? { access_token: value.reveal() } : {};
  const times = { scope, expires_in: expiresIn, refresh_in: refreshIn };
  if (isJson)
    output.json({
      status,
      ...times,
      sha256: described.sha256,
      verified: false,
      ...described.jwt,
      ...revealed,
    });
  else for (const line of tokenLines(token, Date.now())) output.line(line);
  if (!isJson && call.flag('reveal')) output.line(value.reveal());
  return exitStatus.fine;
}

function tokenLines(
  { value, scope, expiresIn, refreshIn }: NonNullable<BrokerAnswer['token']>,
  now: number,
): string[] {
  const { sha256, jwt } = describedToken(value);
  const claims = Object.entries(jwt?.claims ?? {}).map(
    ([name, claim]) => `  ${name.padEnd(10)}  ${claimText(name, claim, now)}`,
  );
  return [
    `scope:       ${scope}`,
    `expires in:  ${expiresIn} s, worth asking again in ${refreshIn} s`,
    `SHA-256:     ${sha256}…`,
    ...(jwt
      ? [`JWT, not verified: ${JSON.stringify(jwt.header)}`, ...claims]
      : ['not a JWT: only its API can read it']),
  ];
}

function refusalLines({ status, error, description, upstreamError, retryAfter }: BrokerAnswer): string[] {
  return [
    `refused: HTTP ${status}, ${error}${upstreamError === undefined ? '' : ` (upstream: ${upstreamError})`}`,
    `  ${description}`,
    ...(retryAfter === undefined ? [] : [`  ask again after ${retryAfter} s`]),
  ];
}
