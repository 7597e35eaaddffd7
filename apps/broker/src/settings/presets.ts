import { isMapping } from './schema/rules.js';

/** What a vendor's authorization server needs, as its own documentation says. */
export interface Preset {
  vendor: string;
  /** Where the vendor documents it. */
  source: string;
  /** Hosts of its token endpoints, where they are of the vendor. */
  hosts?: RegExp;
  /** Settings of a client. Those that the client sets itself take their place. */
  settings: Readonly<Record<string, unknown>>;
  /** What each company sets for itself: `init` offers it. */
  yours?: {
    /** Capitals stand for what differs from company to company. */
    tokenEndpoint?: string;
    scopes?: string;
    /** A setting that the vendor needs, and that cannot be guessed. */
    comment?: string;
  };
}

const presets = {
  apigee: {
    vendor: 'Apigee',
    source: 'https://docs.apigee.com/api-platform/security/oauth/oauth-20-client-credentials-grant-type',
    settings: {
      clientAuthentication: 'client_secret_basic',
      basicEncoding: 'none',
      acceptTokenTypes: ['BearerToken'],
    },
  },
  auth0: {
    vendor: 'Auth0',
    source: 'https://auth0.com/docs/api/authentication/client-credential-flow/get-token',
    hosts: /\.auth0\.com$/,
    settings: { clientAuthentication: 'client_secret_post', defaultLifetime: 86_400 },
    yours: {
      tokenEndpoint: 'https://TENANT.auth0.com/oauth/token',
      comment:
        'parameters: { audience: https://api.example } # the identifier of the API that the tokens are for',
    },
  },
  entra: {
    vendor: 'Microsoft Entra ID',
    source: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow',
    hosts: /^login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn)$/,
    settings: { clientAuthentication: 'client_secret_post', defaultLifetime: 3_600 },
    yours: {
      tokenEndpoint: 'https://login.microsoftonline.com/TENANT/oauth2/v2.0/token',
      scopes: 'https://graph.microsoft.com/.default',
    },
  },
  google: {
    vendor: 'Google service accounts',
    source: 'https://developers.google.com/identity/protocols/oauth2/service-account',
    hosts: /^oauth2\.googleapis\.com$/,
    settings: {
      grant: 'jwt-bearer',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      assertion: { audience: 'https://oauth2.googleapis.com/token', scopeClaim: 'scope', lifetime: 3_600 },
    },
  },
  okta: {
    vendor: 'Okta',
    source: 'https://developer.okta.com/docs/guides/implement-grant-type/clientcreds/main/',
    hosts: /\.okta(?:(?:preview|-emea|-gov)?\.com|\.mil)$/,
    settings: { clientAuthentication: 'client_secret_basic', defaultLifetime: 3_600 },
    yours: { tokenEndpoint: 'https://DOMAIN.okta.com/oauth2/default/v1/token' },
  },
  rabot: {
    vendor: 'RABOT Partner API',
    source: 'https://api-docs.rabot.energy/guides/authentication',
    hosts: /\.rabot-charge\.de$/,
    settings: { clientAuthentication: 'client_secret_post', requiredScopes: ['api:partner'] },
    yours: { tokenEndpoint: 'https://auth.rabot-charge.de/connect/token', scopes: 'api:partner' },
  },
  salesforce: {
    vendor: 'Salesforce',
    source: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm',
    hosts: /\.(?:my\.)?salesforce\.com$/,
    // The response has no expires_in: 15 minutes are the shortest session timeout that an org can set.
    settings: { clientAuthentication: 'client_secret_post', defaultLifetime: 900 },
    yours: {
      tokenEndpoint: 'https://DOMAIN.my.salesforce.com/services/oauth2/token',
      comment: 'defaultLifetime: 2h # the session timeout of your org, where it is longer than 15 minutes',
    },
  },
  shopify: {
    vendor: 'Shopify',
    source:
      'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant',
    hosts: /\.myshopify\.com$/,
    settings: { clientAuthentication: 'client_secret_post', scopeSeparator: ',' },
    yours: { tokenEndpoint: 'https://STORE.myshopify.com/admin/oauth/access_token' },
  },
  xsuaa: {
    vendor: 'SAP XSUAA',
    source: 'https://docs.cloudfoundry.org/api/uaa/version/77.0.0/index.html#client-credentials-grant',
    hosts: /\.authentication\.[\w.-]+\.hana\.ondemand\.com$/,
    // Ids such as `sb-app!t1` and secrets with `$` and `=` would be compared as they are encoded for Basic.
    settings: { clientAuthentication: 'client_secret_post', defaultLifetime: 43_200 },
    yours: { tokenEndpoint: 'https://SUBDOMAIN.authentication.REGION.hana.ondemand.com/oauth/token' },
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

/** Undefined when there is none of this name. */
export function presetOf(name: unknown): Preset | undefined {
  return typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name as PresetName] : undefined;
}

/** The name of the preset for the vendor that a host belongs to. */
export function presetForHost(hostname: string): PresetName | undefined {
  return presetNames.find((name) => (presets[name] as Preset).hosts?.test(hostname));
}

type Mapping = Readonly<Record<string, unknown>>;

/** The settings of a preset that are in force beside those that a client sets itself. */
export function presetSettings({ settings }: Preset, own: Mapping): Mapping {
  const inForce = Object.entries(settings).flatMap(([name, value]) => {
    const set = own[name];
    if (isMapping(value) && isMapping(set)) {
      return [[name, Object.fromEntries(Object.entries(value).filter(([key]) => set[key] === undefined))]];
    }
    const isReplaced =
      set !== undefined || (replacedBy[name] ?? []).some((other) => own[other] !== undefined);
    return isReplaced ? [] : [[name, value]];
  });
  return Object.fromEntries(inForce) as Mapping;
}

/** Another setting of the client in whose place a preset's would be wrong: another grant has its own authentication. */
const replacedBy: Readonly<Record<string, readonly string[]>> = {
  tokenEndpoint: ['issuer'],
  issuer: ['tokenEndpoint'],
  clientAuthentication: ['grant'],
};

/** A client as the file has it, with what its preset sets. */
export function withPreset(own: Mapping): Mapping {
  const preset = presetOf(own['preset']);
  if (preset === undefined) return own;
  const inForce = Object.entries(presetSettings(preset, own)).map(([name, value]) => {
    const set = own[name];
    return [name, isMapping(value) && isMapping(set) ? { ...value, ...set } : value];
  });
  return { ...own, ...Object.fromEntries(inForce) } as Mapping;
}
