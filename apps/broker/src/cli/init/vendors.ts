/** What is known of a vendor's clients. Capitals stand for what differs from company to company. */
export interface Vendor {
  title: string;
  /** A URL, or undefined when nothing is known of it. */
  tokenEndpoint?: string;
  /** Lines of YAML that its clients need besides. */
  lines?: readonly string[];
  scopes?: string;
}

/** By the name that `--vendor` takes; docs/reference/compatibility.md has the settings of many more. */
export const vendors: Readonly<Record<string, Vendor>> = {
  rabot: {
    title: 'RABOT Charge',
    tokenEndpoint: 'https://auth.rabot-charge.de/connect/token',
    lines: ['clientAuthentication: client_secret_post', 'requiredScopes: [api:partner]'],
    scopes: 'api:partner',
  },
  entra: {
    title: 'Microsoft Entra ID',
    tokenEndpoint: 'https://login.microsoftonline.com/TENANT/oauth2/v2.0/token',
    scopes: 'https://graph.microsoft.com/.default',
  },
  auth0: {
    title: 'Auth0',
    tokenEndpoint: 'https://TENANT.auth0.com/oauth/token',
    lines: ['parameters: { audience: https://api.example }'],
  },
  okta: {
    title: 'Okta',
    tokenEndpoint: 'https://DOMAIN.okta.com/oauth2/default/v1/token',
  },
  keycloak: {
    title: 'Keycloak',
    tokenEndpoint: 'https://HOST/realms/REALM/protocol/openid-connect/token',
  },
  salesforce: {
    title: 'Salesforce',
    tokenEndpoint: 'https://DOMAIN.my.salesforce.com/services/oauth2/token',
    lines: [
      '# Its responses name no lifetime: that of the session timeout of your org, in seconds.',
      'defaultLifetime: 15m',
    ],
  },
  xsuaa: {
    title: 'SAP XSUAA',
    tokenEndpoint: 'https://SUBDOMAIN.authentication.REGION.hana.ondemand.com/oauth/token',
  },
  cognito: {
    title: 'Amazon Cognito',
    tokenEndpoint: 'https://DOMAIN.auth.REGION.amazoncognito.com/oauth2/token',
  },
  other: { title: 'another authorization server' },
};
