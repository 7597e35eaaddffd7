import type { AssertionClaims } from '#oauth/request/assertion-file.js';
import { type AssertionSigner, isSigner, managedKeyOf } from '#oauth/request/client-credential.js';
import type { Secret } from '#tokens/model/secret.js';
import { isFileReference } from '../../settings/schema/text-or-file.js';
import { presetForHost, type PresetName } from '../../settings/presets.js';
import type { ClientSettings, Settings } from '../../settings/settings.js';
import { proxyTo, serverUrl } from '../server-address.js';
import { at, type SettingsLines } from '../settings-lines.js';
import type { Named } from './credential-hints.js';

/** A credential, or part of one, as the settings have it. */
export interface CredentialText {
  /** Where it stands: `clients.rabot.clientSecret (line 7)`. */
  place: string;
  text: string;
}

/** What the assertions of a client say. */
export interface SignedAssertion {
  audience: string;
  /** Where the settings name the audience. */
  place: string;
  jwks: string | undefined;
  algorithm: string;
  keyId: string | undefined;
  type: string | undefined;
  /** Seconds. */
  lifetime: number;
  /** Of a grant. */
  grant?: { issuer: string; subject: string | undefined; scopeClaim: string | undefined } | undefined;
}

/** What the diagnosis needs of a client's settings. It holds secrets: nothing of it is printed whole. */
export interface ClientUnderTest {
  name: string;
  /** Token endpoint or issuer. */
  url: URL;
  clientAuthentication: string;
  hasCa: boolean;
  /** `http://proxy.example:3128`, when it is reached by a proxy. */
  proxy: string | undefined;
  /** Of the vendor that its host belongs to, where it does not use that. */
  otherPreset: PresetName | undefined;
  numberOfScopes: number;
  scopeSeparator: string;
  bodyFormat: string;
  basicEncoding: string | undefined;
  /** Where its scopes stand. */
  scopesPlace: string;
  credentials: readonly CredentialText[];
  /** What may speak of an environment: the client id, variables and files of the secret. */
  names: readonly Named[];
  /** The settings that hold two credentials during a rotation. */
  rotating: string;
  /** The audience of the assertions that the client signs, and where the settings name it. */
  signed?: SignedAssertion | undefined;
  /** What the JWT of `clientAssertion` says, and where the settings name its file. */
  assertion?: (AssertionClaims & { place: string }) | undefined;
  /** Clients at other hosts that have the same secret, or the same client id: `rabot-staging at stg.example`. */
  duplicateCredentials: readonly string[];
}

export function clientUnderTest(
  client: ClientSettings,
  settings: Settings,
  lines: SettingsLines,
): ClientUnderTest {
  const { name, clientId, clientAuthentication, ca } = client;
  const clientSecrets = secretsOf(client);
  const idPlace = at(lines, 'clients', name, 'clientId');
  const secrets = clientSecrets.map((secret, index) => ({
    place: secretPlace(client, lines, index),
    text: secret.reveal(),
  }));
  const [presented] = client.credentials.flatMap((one) =>
    one.clientAuthentication === 'client_assertion' ? [one.claims] : [],
  );
  return {
    name,
    url: serverUrl(client),
    assertion: presented && { ...presented, place: at(lines, 'clients', name, 'clientAssertion') },
    clientAuthentication,
    rotating: rotatingSettings(name, lines),
    signed: signedAssertion(client, settings, lines),
    hasCa: ca !== undefined,
    proxy: proxyTo(client),
    otherPreset: otherPreset(client),
    numberOfScopes: client.scopes.size,
    scopeSeparator: client.wireFormat?.scopeSeparator ?? ' ',
    bodyFormat: client.wireFormat?.bodyFormat ?? 'form',
    basicEncoding: basicEncodingOf(client),
    scopesPlace: at(lines, 'clients', name, 'scopes'),
    credentials: [{ place: idPlace, text: clientId }, ...secrets],
    names: [{ what: `clientId (${clientId})`, name: clientId }, ...sources(name, lines)],
    duplicateCredentials: sharing(client, Object.values(settings.clients)),
  };
}

function rotatingSettings(name: string, lines: SettingsLines): string {
  const isPair = (field: string) => [lines.written('clients', name, field)].flat().length > 1;
  return ['clientSecret', 'privateKey', 'certificate'].filter(isPair).join(' or ');
}

function signedAssertion(
  client: ClientSettings,
  { publicUrl }: Settings,
  lines: SettingsLines,
): ClientUnderTest['signed'] {
  const [credential] = client.credentials;
  if (credential === undefined || !isSigner(credential)) return undefined;
  const signer = credential.grant ?? (credential as AssertionSigner);
  const { assertion } = signer;
  return {
    algorithm: 'managed' in signer ? signer.managed.algorithm : signer.algorithm,
    keyId: 'managed' in signer ? undefined : signer.keyId,
    type: assertion?.type,
    lifetime: (assertion?.lifetime ?? 60_000) / 1_000,
    grant: credential.grant && {
      issuer: assertion?.issuer ?? client.clientId,
      subject: assertion?.subject,
      scopeClaim: assertion?.scopeClaim,
    },
    audience: [signer.assertion?.audience ?? client.issuer ?? client.tokenEndpoint].flat().join(', '),
    place: at(lines, 'clients', client.name, 'assertion', 'audience'),
    jwks:
      managedKeyOf(credential) &&
      `${publicUrl?.replace(/\/$/, '') ?? 'ADDRESS'}/oauth2/${client.name}/jwks.json`,
  };
}

function basicEncodingOf({ credentials: [first] }: ClientSettings): string | undefined {
  return first?.clientAuthentication === 'client_secret_basic' ? (first.basicEncoding ?? 'form') : undefined;
}

function otherPreset(client: ClientSettings): PresetName | undefined {
  const preset = presetForHost(serverUrl(client).hostname);
  return preset === client.preset ? undefined : preset;
}

function secretsOf({ credentials }: ClientSettings): Secret[] {
  return credentials.flatMap((one) => ('clientSecret' in one ? [one.clientSecret] : []));
}

function secretPlace({ name, credentials }: ClientSettings, lines: SettingsLines, index: number): string {
  const path = ['clients', name, 'clientSecret'];
  return credentials.length > 1 ? at(lines, ...path, index) : at(lines, ...path);
}

/** The variables and files that the credential comes from; of these the names may be shown, as they stand in the file. */
function sources(name: string, lines: SettingsLines): Named[] {
  const written = ['clientId', 'clientSecret', 'privateKey', 'certificate', 'key', 'clientAssertion'].map(
    (field) => lines.written('clients', name, field),
  );
  const files = written.flat().flatMap((one) => (isFileReference(one) ? [one.file] : []));
  const variables = written.flat().flatMap((one) => [...String(one).matchAll(/\$\{([A-Za-z_]\w*)/g)]);
  return [
    ...variables.map(([, variable = '']) => ({ what: `the variable ${variable}`, name: variable })),
    ...files.map((file) => ({ what: `the file ${file}`, name: file })),
  ];
}

function sharing(client: ClientSettings, all: readonly ClientSettings[]): string[] {
  const { host } = serverUrl(client);
  const own = new Set(secretsOf(client).map(({ sha256 }) => sha256));
  return all
    .filter((other) => other !== client && serverUrl(other).host !== host)
    .flatMap((other) => {
      const same = [
        secretsOf(other).some(({ sha256 }) => own.has(sha256)) && 'clientSecret',
        other.clientId === client.clientId && 'clientId',
      ].filter((field) => field !== false);
      return same.length > 0
        ? [`client ${other.name} at ${serverUrl(other).host} has the same ${same.join(' and ')}`]
        : [];
    });
}
