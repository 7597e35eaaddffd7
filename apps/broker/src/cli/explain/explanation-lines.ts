import type { QuotaWindow } from '#tokens/model/quota-window.js';
import type { Client } from '#tokens/model/client.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { at, type SettingsLines } from '../settings-lines.js';
import { type Explanation, type ScopeExplanation, impliedBy } from './explanation.js';

/** Where the token request would go. */
export interface Destination {
  /** Token endpoint or issuer. */
  authorizationServer: string;
  /** By which it is reached; without: directly. */
  proxy?: string;
  /** What the client's preset sets. */
  preset?: string;
  /** Where the keys are that sign its tokens, and how often they are looked at. */
  keys?: string;
  /** What of the request and the response deviates from the usual. */
  details?: Readonly<Record<string, string>>;
  /** `left`: as a running broker of this machine has counted; absent where none answers. */
  quotas?: readonly { window: QuotaWindow; limit: number; left?: number }[];
  /** Of a running broker of this machine: whether it has a changed credential that is not accepted yet. */
  changedCredential?: 'on trial' | 'refused';
  changedCredentialSince?: string | undefined;
}

/** For people: the decision, the grounds with their lines in the file, and the token request that comes of it. */
export function explanationLines(
  consumer: string,
  { client, scopes, request, excess, refusal }: Explanation,
  lines: SettingsLines,
  sentTo?: Destination,
): string[] {
  const denial = refusal ?? excess;
  const verdict = denial === undefined ? 'allowed' : `not allowed: ${denial.message}`;
  const width = Math.max(0, ...scopes.map(({ scope }) => scope.length));
  const grounds = scopes.map(
    (one) => `  ${one.scope.padEnd(width)}  ${reasonText(consumer, client as Client, one, lines)}`,
  );
  return [
    verdict,
    ...(excess === undefined
      ? []
      : [`granted anyway, because of ${at(lines, 'consumers', consumer, 'mode')}, which is audit`]),
    ...grounds,
    ...(request === undefined ? [] : requestLines(request, scopes, lines, sentTo)),
  ];
}

export function reasonText(
  consumer: string,
  { name }: Client,
  { reason: ground, assigned }: ScopeExplanation,
  lines: SettingsLines,
): string {
  if (ground === undefined) return missing(consumer, name, assigned, lines);
  const by = ground.by === undefined ? '' : `included in ${ground.by}, `;
  if (ground.kind === 'required')
    return `${by}required of every token: ${at(lines, 'clients', name, 'requiredScopes')}`;
  const { place } = ground;
  const isPolicy = place[0] === 'policies';
  return `${by}by ${isPolicy ? at(lines, ...place) : at(lines, 'consumers', consumer, ...place)}`;
}

function missing(consumer: string, client: string, assigned: boolean, lines: SettingsLines): string {
  const allow = at(lines, 'consumers', consumer, 'allow');
  if (assigned) return `by no entry of ${allow}; the client has it, so an entry can allow it`;
  return `by no entry of ${allow}, and the client does not have it: ${at(lines, 'clients', client, 'scopes')}`;
}

function sentToLine({ authorizationServer, proxy }: Destination): string {
  return `sent to:     ${authorizationServer}${proxy === undefined ? '' : `, by the proxy ${proxy}`}`;
}

function requestLines(
  { client, scopes, resources, authorizationDetails, key }: TokenRequest,
  asked: readonly ScopeExplanation[],
  lines: SettingsLines,
  sentTo: Destination | undefined,
): string[] {
  const added = [...scopes].filter((scope) => !asked.some((one) => one.scope === scope));
  const adding = client.options.oneToken === undefined ? 'requiredScopes' : 'oneTokenPerClient';
  const dropped = asked.flatMap(({ scope }) => {
    const by = scopes.has(scope) ? undefined : impliedBy(scope, scopes, client);
    return by === undefined ? [] : [`${scope} (included in ${by})`];
  });
  return [
    `scopes:      ${scopes}`,
    ...(added.length > 0
      ? [`added:       ${added.join(' ')}, by ${at(lines, 'clients', client.name, adding)}`]
      : []),
    ...(dropped.length > 0 ? [`left out:    ${dropped.join(', ')}`] : []),
    ...(resources.length > 0 ? [`resources:   ${resources.join(' ')}`] : []),
    ...authorizationDetails.map((detail) => `detail:      ${detail}`),
    ...(sentTo === undefined ? [] : [sentToLine(sentTo)]),
    ...(sentTo?.keys === undefined ? [] : [`server keys: ${sentTo.keys}`]),
    ...(sentTo?.preset === undefined ? [] : [`preset:      ${sentTo.preset}`]),
    ...(client.options.grant === undefined
      ? []
      : [`grant:       ${client.options.grant}, by ${at(lines, 'clients', client.name, 'grant')}`]),
    `credential:  ${client.options.clientAuthentication}, by ${at(lines, 'clients', client.name, 'clientAuthentication')}`,
    ...(client.options.credentialExpiries ?? []).flatMap((expiry, n) =>
      expiry === undefined ? [] : [`credential ${n + 1}: expires ${new Date(expiry).toISOString()}`],
    ),
    ...(sentTo?.changedCredential === undefined
      ? []
      : [
          `             changed, ${sentTo.changedCredential} since ${sentTo.changedCredentialSince}; the former one is in force`,
        ]),
    ...(sentTo?.quotas === undefined
      ? []
      : [
          `quotas:      ${sentTo.quotas.map(quotaText).join(', ')}, by ${at(lines, 'clients', client.name, 'maxTokenRequests')}`,
        ]),
    ...Object.entries(sentTo?.details ?? {}).map(([label, text]) => `${`${label}:`.padEnd(12)} ${text}`),
    `request key: ${key}`,
  ];
}

function quotaText({ window, limit, left }: { window: QuotaWindow; limit: number; left?: number }): string {
  return `${window} ${limit}${left === undefined ? '' : ` (${left} left)`}`;
}
