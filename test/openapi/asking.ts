import { createHash } from 'node:crypto';

/** What one request asks for; each way to a token has its own form of it. */
export interface Ask {
  client?: string;
  scopes?: string;
  resource?: string;
  minTtl?: string;
  /** A token that an API has rejected. */
  rejected?: string;
  credential?: { name: string; key: string } | undefined;
  /** Made wrong in the manner of the way. */
  isMalformed?: boolean;
  grantType?: string;
  body?: string;
}

export interface Sent {
  target: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

type Way = (ask: Ask) => Sent;

export const sha256Of = (token: string): string => createHash('sha256').update(token).digest('hex');

function bearer({ credential }: Ask): Record<string, string> {
  return credential === undefined ? {} : { authorization: `Bearer ${credential.key}` };
}

function query({ client, scopes, resource, minTtl, rejected, isMalformed }: Ask): string {
  const given = {
    client,
    scopes,
    resource,
    min_ttl: minTtl,
    access_token_sha256: rejected,
    scpoes: isMalformed ? 'x' : undefined,
  };
  return fields(given).toString();
}

function fields(given: Record<string, string | undefined>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(given).filter((one): one is [string, string] => one[1] !== undefined),
  );
}

const neverRejected = sha256Of('never handed out');

function rejection(ask: Ask): Sent {
  const { client, scopes, resource, minTtl, rejected = neverRejected, body } = ask;
  const sent = {
    client,
    scopes,
    resource,
    min_ttl: minTtl,
    access_token_sha256: rejected,
  };
  const headers = { ...bearer(ask), 'content-type': ask.isMalformed ? 'text/plain' : 'application/json' };
  return { target: '/token/rejected', headers, body: body ?? JSON.stringify(sent) };
}

function oauth(target: string, ask: Ask): Sent {
  const { credential, scopes: scope, resource, grantType = 'client_credentials', body } = ask;
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (credential !== undefined) {
    const pair = [credential.name, credential.key].map(encodeURIComponent).join(':');
    headers['authorization'] = `Basic ${btoa(pair)}`;
  }
  const form = fields({ grant_type: ask.isMalformed ? undefined : grantType, scope, resource });
  return { target, headers, body: body ?? form.toString() };
}

/** The ways of the document, by path. */
export const ways: Readonly<Record<string, Way>> = {
  '/token': (ask) => ({ target: `/token?${query(ask)}`, headers: bearer(ask), body: ask.body }),
  '/token/rejected': rejection,
  '/forward-auth': (ask) => ({
    target: `/forward-auth?${query(ask)}`,
    headers: bearer(ask),
    body: ask.body,
  }),
  '/forward-auth/{client}/{scopes}/{rest}': (ask) => ({
    target: `/forward-auth/${ask.isMalformed ? '-' : ask.client}/${encodeURIComponent(ask.scopes ?? 'api:partner')}/orders?page=2`,
    headers: bearer(ask),
    body: ask.body,
  }),
  '/oauth2/token': (ask) => oauth('/oauth2/token', ask),
  '/oauth2/{client}/token': (ask) => oauth(`/oauth2/${ask.client}/token`, ask),
  '/.well-known/jwks.json': () => ({ target: '/.well-known/jwks.json', headers: {} }),
  '/oauth2/{client}/jwks.json': ({ isMalformed }) => ({
    target: `/oauth2/${isMalformed ? '-' : 'rabot'}/jwks.json`,
    headers: {},
  }),
  '/.well-known/oauth-authorization-server': ({ isMalformed }) => ({
    target: '/.well-known/oauth-authorization-server',
    headers: { host: isMalformed ? 'no,host' : 'broker.example' },
  }),
  '/.well-known/oauth-authorization-server/oauth2/{client}': ({ isMalformed }) => ({
    target: `/.well-known/oauth-authorization-server/oauth2/${isMalformed ? '-' : 'rabot'}`,
    headers: {},
  }),
};
