import { stringify } from 'yaml';
import { presetOf } from '../../settings/presets.js';

export interface Answers {
  /** Undefined for a vendor that has none. */
  preset: string | undefined;
  /** Undefined where the preset sets it. */
  tokenEndpoint: string | undefined;
  clientId: string;
  credential: Secret | PrivateKey;
  scopes: readonly string[];
  consumer: string;
}

/** A file, or a variable of the environment. */
export type Secret = { file: string } | { variable: string };

/** Of a client that signs JWTs. */
export interface PrivateKey {
  privateKeyFile: string;
  keyId: string;
}

/** The settings file of one client and one consumer, with what a reader needs to change it. */
export function settingsText(answers: Answers, hash: string): string {
  const { preset, tokenEndpoint, clientId, credential, scopes, consumer } = answers;
  const client = preset ?? 'main';
  const comment = presetOf(preset)?.yours?.comment;
  const fields = [
    ...(preset === undefined ? [] : [`preset: ${preset} # what it sets: docs/reference/presets.md`]),
    ...(tokenEndpoint === undefined ? [] : [`tokenEndpoint: ${text(tokenEndpoint)}`]),
    `clientId: ${text(clientId)}`,
    ...credentialLines(credential),
    ...(comment === undefined ? [] : [`# ${comment}`]),
  ];
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
${fields.map((line) => `    ${line}\n`).join('')}    # All scopes that the authorization server assigned to this client.
    scopes: ${scopeList}

# Your services, and what each may have. token-broker key makes the key of another one.
consumers:
  ${consumer}:
    keys: ['${hash}']
    allow:
      - { client: ${client}, scopes: ${scopeList} }
`;
}

function credentialLines(credential: Secret | PrivateKey): string[] {
  if ('privateKeyFile' in credential) {
    return [`privateKey: { file: ${text(credential.privateKeyFile)} }`, `keyId: ${text(credential.keyId)}`];
  }
  const secret = 'file' in credential ? `{ file: ${text(credential.file)} }` : `\${${credential.variable}}`;
  return [`clientSecret: ${secret}`];
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
