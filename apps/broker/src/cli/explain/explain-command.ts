import type { TokenRequestParameters } from '#consumers/consumer.js';
import { parseAuthorizationDetails } from '#tokens/model/authorization-details.js';
import type { Client } from '#tokens/model/client.js';
import { SystemClock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import { limitsOf } from '#tokens/model/quota-window.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { connectClient } from '../../core/connected-client.js';
import { didYouMean } from '#tokens/model/nearest-name.js';
import { loadSettings } from '../../settings/load-settings.js';
import type { ClientSettings, ConsumerSettings, Settings } from '../../settings/settings.js';
import { type Call, type Command, jsonOption, exitStatus, textIn, UsageError } from '../command.js';
import { clientOfRunningBroker } from '../running-broker.js';
import { jsonReport } from '../json-report.js';
import { at, presetLine, SettingsLines } from '../settings-lines.js';
import { proxyTo, serverUrl } from '../server-address.js';
import { type Explanation, explanation } from './explanation.js';
import {
  type IdentityExplanation,
  identityExplanation,
  identityLines,
  plainIdentity,
} from './identity-explanation.js';
import { requestDetails } from './request-details.js';
import { explainedOperators, keyDateLines, operatorLines } from './operator-explanation.js';
import { type Destination, explanationLines, reasonText } from './explanation-lines.js';

export const explainCommand: Command = {
  name: 'explain',
  about:
    'shows whether a consumer may have scopes, by which line of the settings, and the token request of it',
  takesFile: true,
  options: {
    consumer: { type: 'string', value: 'NAME', about: 'the consumer' },
    client: {
      type: 'string',
      value: 'NAME',
      about: 'the client; can be omitted if the consumer has only one',
    },
    scopes: { type: 'string', value: "'A B'", about: 'separated by spaces; default: all that it may have' },
    resource: { type: 'string', value: 'URI', multiple: true, about: 'a resource (RFC 8707), may repeat' },
    jwt: {
      type: 'string',
      value: 'FILE',
      about: 'a workload JWT: shows its consumer and the rule that matched, or why it is refused',
    },
    groups: {
      type: 'string',
      value: 'A,B',
      about: 'groups of a person: shows the role at the management port, and those of all keys',
    },
    'authorization-details': { type: 'string', value: 'JSON', about: 'authorization details (RFC 9396)' },
    json: jsonOption,
  },
  async run(call, { output, environment }) {
    const file = call.file as string;
    const { settings } = loadSettings(file, environment);
    const lines = SettingsLines.of(file);
    const groups = call.text('groups');
    if (groups !== undefined) {
      const names = groups.split(',').map((group) => group.trim());
      const operators = explainedOperators(settings, names);
      if (call.flag('json')) output.json(jsonReport('explain', exitStatus.fine, { operators }));
      else for (const line of operatorLines(operators, lines)) output.line(line);
      return exitStatus.fine;
    }
    const identity = await identityIn(call, settings);
    if (identity !== undefined && !wantsToken(call, identity)) {
      const status = identity.consumer === undefined ? exitStatus.wrong : exitStatus.fine;
      if (call.flag('json')) output.json(jsonReport('explain', status, plainIdentity(identity)));
      else for (const line of identityLines(identity, lines)) output.line(line);
      return status;
    }
    const consumer = consumerOf(settings, identity?.consumer ?? call.text('consumer'));
    const found = explanation(consumer, await clientsOf(settings), wishOf(call));
    const sentTo = found.request && (await destination(found.request.client.name, settings, lines));
    const status = found.refusal === undefined ? exitStatus.fine : exitStatus.wrong;
    const fields = { ...plain(consumer.name, found, lines), ...(sentTo && { sentTo }) };
    if (call.flag('json')) output.json(jsonReport('explain', status, fields));
    else {
      if (identity !== undefined) for (const line of identityLines(identity, lines)) output.line(line);
      for (const line of explanationLines(consumer.name, found, lines, sentTo)) output.line(line);
      for (const line of keyDateLines(consumer.keys)) output.line(line);
    }
    return status;
  },
};

/** Of `--jwt`, if there is one. */
async function identityIn(call: Call, settings: Settings): Promise<IdentityExplanation | undefined> {
  const file = call.text('jwt');
  if (file === undefined) return undefined;
  if (call.text('consumer') !== undefined) {
    throw new UsageError('explain: --jwt finds the consumer; leave out --consumer');
  }
  return identityExplanation(new Secret(textIn(file).trim()), settings, new SystemClock());
}

function wantsToken(call: Call, { consumer }: IdentityExplanation): boolean {
  const isAsked = call.text('client') !== undefined || call.text('scopes') !== undefined;
  return consumer !== undefined && (isAsked || call.texts('resource').length > 0);
}

function consumerOf({ consumers }: Settings, name: string | undefined): ConsumerSettings {
  if (name === undefined) throw new UsageError('explain: name the consumer by --consumer NAME');
  const consumer = consumers[name];
  if (consumer !== undefined) return consumer;
  throw new UsageError(`explain: there is no consumer ${name}${didYouMean(name, Object.keys(consumers))}`);
}

async function destination(name: string, settings: Settings, lines: SettingsLines): Promise<Destination> {
  const client = settings.clients[name] as ClientSettings;
  const running = await clientOfRunningBroker(name, settings.management);
  const quotas = limitsOf(client.quotas ?? {}).map(([window, limit]) => {
    const used = running?.quotas?.find((one) => one.window === window)?.used;
    return { window, limit, ...(used !== undefined && { left: Math.max(0, limit - used) }) };
  });
  const proxy = proxyTo(client);
  const preset = presetLine(client, lines);
  const keys = serverKeys(client, lines);
  const details = requestDetails(client);
  return {
    authorizationServer: serverUrl(client).href,
    ...(proxy !== undefined && { proxy }),
    ...(preset !== undefined && { preset }),
    ...(keys !== undefined && { keys }),
    ...(Object.keys(details).length > 0 && { details }),
    ...(quotas.length > 0 && { quotas }),
    ...(running?.changedCredential && {
      changedCredential: running.changedCredential,
      changedCredentialSince: running.changedCredentialSince,
    }),
  };
}

function serverKeys({ name, jwksUri, issuer, jwksCheckInterval = 0 }: ClientSettings, lines: SettingsLines) {
  if (jwksCheckInterval === 0 || (jwksUri ?? issuer) === undefined) return undefined;
  const place = jwksUri === undefined ? 'jwks_uri of the issuer' : at(lines, 'clients', name, 'jwksUri');
  return `read every ${jwksCheckInterval / 1000} s, by ${place}`;
}

function wishOf(call: Call): TokenRequestParameters {
  const scopes = call.text('scopes');
  const details = call.text('authorization-details');
  try {
    return {
      client: call.text('client'),
      scopes: scopes === undefined ? undefined : parsedScopes(scopes),
      resources: call.texts('resource'),
      authorizationDetails: details === undefined ? undefined : parseAuthorizationDetails(details),
    };
  } catch (error) {
    if (error instanceof Failure) throw new UsageError(`explain: ${error.message}`);
    throw error;
  }
}

/** @throws Failure `invalid_scope` that names the option */
function parsedScopes(text: string): ScopeSet {
  try {
    return ScopeSet.parse(text);
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.code, `--scopes: ${error.message}`);
    throw error;
  }
}

/** With their credentials' versions, which are part of every request key. */
async function clientsOf({ clients }: Settings): Promise<Map<string, Client>> {
  const all = await Promise.all(
    Object.values(clients).map((client) => connectClient(client, new SystemClock(), {})),
  );
  await Promise.all(all.map(({ server }) => server.close()));
  return new Map(all.map((client) => [client.name, client]));
}

function plain(consumer: string, found: Explanation, lines: SettingsLines) {
  const { client, scopes, request, rule, excess, refusal } = found;
  return {
    allowed: refusal === undefined,
    consumer,
    client: client?.name,
    ...(refusal && {
      errors: [{ code: refusal.code, message: refusal.message }],
      error: refusal.code,
      error_description: refusal.message,
    }),
    ...(excess && { wouldBeDenied: excess.message }),
    ...(rule !== undefined && { rule }),
    scopes: scopes.map((one) => ({
      scope: one.scope,
      allowed: one.reason !== undefined,
      because: reasonText(consumer, client as Client, one, lines),
    })),
    ...(request && {
      request: {
        scopes: request.scopes,
        resources: request.resources,
        grant: request.client.options.grant ?? 'client_credentials',
        clientAuthentication: request.client.options.clientAuthentication,
        key: request.key,
      },
    }),
  };
}
