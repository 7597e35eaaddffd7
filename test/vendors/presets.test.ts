import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectClient } from '../../apps/broker/src/core/connected-client.js';
import {
  type PresetName,
  presetForHost,
  presetNames,
  presetOf,
  withPreset,
} from '../../apps/broker/src/settings/presets.js';
import { SystemClock } from '#tokens/model/clock.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { answer, ownServer, type Received } from '../oauth/own-server.js';

/** A token endpoint as the vendor documents it: what it refuses, and what it grants. */
interface Vendor {
  client: Record<string, unknown>;
  refusal?: (request: Received) => string | undefined | false;
  response: object;
  granted: { lifetime: number; scopes: string };
}

const id = 'sb-app!t1';
const secret = 'not-a-real$secret=+';
const { body, basic } = {
  body: ({ body: form, headers }: Received) =>
    (headers.authorization !== undefined ||
      form.get('client_id') !== id ||
      form.get('client_secret') !== secret) &&
    'invalid_client',
  /** Compared as it is, without decoding. */
  basic: ({ headers }: Received) =>
    headers.authorization !== `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` &&
    'invalid_client',
};
const parameter = (name: string, value: string, error: string) => (request: Received) =>
  request.body.get(name) !== value && error;
const token = { access_token: 'not-a-real-token', token_type: 'Bearer' };

const vendors: Record<PresetName, Vendor> = {
  apigee: {
    client: {},
    refusal: basic,
    response: { ...token, token_type: 'BearerToken', expires_in: '3599', scope: 'READ', status: 'approved' },
    granted: { lifetime: 3_599, scopes: 'READ' },
  },
  auth0: {
    client: { parameters: { audience: 'https://api.example' } },
    refusal: (request) =>
      body(request) || parameter('audience', 'https://api.example', 'access_denied')(request),
    response: { ...token, expires_in: 86_400 },
    granted: { lifetime: 86_400, scopes: 'READ WRITE' },
  },
  entra: {
    client: { scopes: ['api://orders/.default'] },
    refusal: (request) =>
      body(request) || parameter('scope', 'api://orders/.default', 'invalid_scope')(request),
    response: { ...token, expires_in: 3_599, ext_expires_in: 3_599 },
    granted: { lifetime: 3_599, scopes: 'api://orders/.default' },
  },
  google: {
    client: {
      clientSecret: undefined,
      privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      scopes: ['https://www.googleapis.com/auth/prediction'],
    },
    refusal: ({ body: form }) => {
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
        return 'unsupported_grant_type';
      const { iss, scope, aud, exp = 0, iat = 0 } = decodeJwt(form.get('assertion') ?? '');
      const isRight =
        iss === id &&
        scope === 'https://www.googleapis.com/auth/prediction' &&
        aud === 'https://oauth2.googleapis.com/token' &&
        exp - iat <= 3_600;
      return (!isRight || form.has('scope')) && 'invalid_grant';
    },
    response: { ...token, expires_in: 3_600, scope: 'https://www.googleapis.com/auth/prediction' },
    granted: { lifetime: 3_600, scopes: 'https://www.googleapis.com/auth/prediction' },
  },
  okta: {
    client: {},
    // Okta decodes what RFC 6749 §2.3.1 encodes.
    refusal: ({ headers }) => {
      const pair = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
      const decoded = pair.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      return (decoded[0] !== id || decoded[1] !== secret) && 'invalid_client';
    },
    response: { ...token, expires_in: 3_600, scope: 'READ WRITE' },
    granted: { lifetime: 3_600, scopes: 'READ WRITE' },
  },
  rabot: {
    client: { scopes: ['api:partner', 'create:orders'] },
    refusal: (request) => body(request) || parameter('scope', 'api:partner', 'invalid_scope')(request),
    response: { ...token, expires_in: 3_599, scope: 'api:partner' },
    granted: { lifetime: 3_599, scopes: 'api:partner' },
  },
  salesforce: {
    client: { scopes: [] },
    refusal: body,
    response: {
      ...token,
      scope: 'api',
      instance_url: 'https://instance.example',
      issued_at: '1657741493799',
    },
    granted: { lifetime: 900, scopes: 'api' },
  },
  shopify: {
    client: { scopes: ['write_products', 'read_customers'] },
    refusal: body,
    response: {
      access_token: 'not-a-real-token',
      scope: 'write_products,read_customers',
      expires_in: 86_399,
    },
    granted: { lifetime: 86_399, scopes: 'read_customers write_products' },
  },
  xsuaa: {
    client: { scopes: ['uaa.resource'] },
    refusal: body,
    response: { ...token, token_type: 'bearer', expires_in: 43_199, scope: 'uaa.resource', jti: '0' },
    granted: { lifetime: 43_199, scopes: 'uaa.resource' },
  },
};

function settingsOf(fields: Record<string, unknown>) {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const all = someSettings({ clientId: id, clientSecret: secret, scopes: ['READ', 'WRITE'], ...fields }, {});
  const [scope] = (all['clients'] as { rabot: { scopes: string[] } }).rabot.scopes;
  const allow = [{ client: 'rabot', scopes: scope === undefined ? [] : [scope] }];
  return folder.load({ ...all, consumers: { orders: { keys: [`sha256:${'0a'.repeat(32)}`], allow } } });
}

describe('preset', () => {
  it.each(presetNames)('%s gets a token of a server that behaves as the vendor documents', async (name) => {
    const { client, refusal, response, granted } = vendors[name];
    const server = await ownServer((reply, request) => {
      const error = refusal?.(request);
      return error ? answer(reply, 400, { error }) : answer(reply, 200, response);
    });
    const tokenEndpoint = `${server.origin}/token`;
    const { settings, warnings } = settingsOf({ preset: name, tokenEndpoint, ...client });
    expect(warnings).toEqual([]);
    const connected = await connectClient(settings.clients.rabot!, new SystemClock(), {});
    onTestFinished(() => connected.server.close());
    const { scopes, requiredScopes } = connected.options;
    const request = connected.request(name === 'rabot' ? requiredScopes : scopes);
    const { lifetime, scopes: got } = await connected.server.requestToken(
      request,
      connected.options.credentials[0]!,
    );
    expect({ lifetime: lifetime / 1_000, scopes: String(got) }).toEqual(granted);
  });

  it('gives way to what the client sets itself', () => {
    const { settings } = settingsOf({ preset: 'salesforce', defaultLifetime: 7_200 });
    expect(settings.clients.rabot).toMatchObject({
      clientAuthentication: 'client_secret_post',
      defaultLifetime: 7_200_000,
    });
  });

  it.each(presetNames)('%s gives way to each setting alone', (name) => {
    const { settings } = presetOf(name)!;
    for (const setting of Object.keys(settings)) {
      const { preset: _, ...inForce } = withPreset({ preset: name, [setting]: 'own' });
      const others = Object.keys(settings).filter(
        (one) => one !== setting && !(setting === 'grant' && one === 'clientAuthentication'),
      );
      expect(inForce).toEqual({
        ...Object.fromEntries(others.map((one) => [one, settings[one]])),
        [setting]: 'own',
      });
    }
  });

  it('gives way within a mapping, and to another grant', () => {
    expect(withPreset({ preset: 'google', assertion: { lifetime: 60 } })['assertion']).toMatchObject({
      lifetime: 60,
      scopeClaim: 'scope',
    });
    expect(
      withPreset({ preset: 'google', issuer: 'https://accounts.example' })['tokenEndpoint'],
    ).toBeUndefined();
    expect(withPreset({ preset: 'salesforce', grant: 'jwt-bearer' })['clientAuthentication']).toBeUndefined();
  });

  it('must be known', () => {
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    expect(folder.faults(someSettings({ preset: 'toString' }))).toEqual([
      `clients.rabot.preset: must be one of ${presetNames.join(', ')}`,
    ]);
  });

  it('is known by the host of its vendor', () => {
    expect(presetForHost('example.my.salesforce.com')).toBe('salesforce');
    expect(presetForHost('salesforce.com.example')).toBeUndefined();
  });

  it.each(presetNames)('%s offers a token endpoint of the hosts of its vendor', (name) => {
    const { yours, hosts } = presetOf(name)!;
    if (yours?.tokenEndpoint === undefined) return;
    const { hostname } = new URL(yours.tokenEndpoint.replaceAll(/[A-Z]{4,}/g, 'acme'));
    expect(hosts?.test(hostname)).toBe(true);
  });

  it('stands on its page with all that it sets, and its source', () => {
    const page = readFileSync(new URL('../../docs/reference/presets.md', import.meta.url), 'utf8');
    for (const name of presetNames) {
      const { settings, source } = presetOf(name)!;
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row).toContain(`(${source})`);
      for (const [setting, value] of Object.entries(settings)) {
        const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');
        expect(row?.replaceAll(' ', '')).toContain(`\`${setting}:${text}\``);
      }
    }
  });
});
