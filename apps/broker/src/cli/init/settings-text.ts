import { stringify } from 'yaml';
import type { Vendor } from './vendors.js';

export interface Answers {
  vendor: string;
  tokenEndpoint: string;
  clientId: string;
  /** A file, or a variable of the environment. */
  secret: { file: string } | { variable: string };
  scopes: readonly string[];
  consumer: string;
}

/** The settings file of one client and one consumer, with what a reader needs to change it. */
export function settingsText(answers: Answers, { lines = [] }: Vendor, hash: string): string {
  const { vendor, tokenEndpoint, clientId, secret, scopes, consumer } = answers;
  const client = vendor === 'other' ? 'main' : vendor;
  const scopeList = `[${scopes.map(text).join(', ')}]`;
  return `# Settings of the token broker. The file is read again when it changes; \${VAR} is taken from the environment.
# All settings: docs/reference/settings.md. Check it with: token-broker check FILE; try it with: token-broker doctor FILE

# Your services ask here: GET /token
listen: { host: 127.0.0.1, port: 8080 }
# Health, metrics and the status page, for operators only.
management: { host: 127.0.0.1, port: 9090 }

# Your clients at authorization servers. The secrets stay with the broker.
clients:
  ${client}:
    tokenEndpoint: ${text(tokenEndpoint)}
    clientId: ${text(clientId)}
    clientSecret: ${'file' in secret ? `{ file: ${text(secret.file)} }` : `\${${secret.variable}}`}
${lines.map((line) => `    ${line}\n`).join('')}    # All scopes that the authorization server assigned to this client.
    scopes: ${scopeList}

# Your services, and what each may have. token-broker key makes the key of another one.
consumers:
  ${consumer}:
    keys: ['${hash}']
    allow:
      - { client: ${client}, scopes: ${scopeList} }
`;
}

/** In quotes where YAML or an interpolation would read it otherwise. */
function text(value: string): string {
  return stringify(
    value.replaceAll('${', () => '$${'),
    {
      lineWidth: 0,
      defaultStringType: /^[\w:/.@-]+$/.test(value) ? 'PLAIN' : 'QUOTE_DOUBLE',
    },
  ).trim();
}
