import { getMetadataStorage } from 'class-validator';
import { ClientSchema } from './client.js';
import { RenewalSchema } from './renewal.js';
import { ApiKeySchema } from './api-key.js';
import { AllowSchema, ConsumerSchema } from './consumer.js';
import { ListenSchema } from './listen.js';
import { RedisSchema } from './redis.js';
import { SettingsSchema } from './settings.js';
import { WorkloadIssuerSchema, WorkloadSchema } from './workload.js';

/** Where the settings of a class stand, and what other programs call some of them. */
const parts: readonly { type: object; place: string; synonyms?: Readonly<Record<string, string>> }[] = [
  { type: SettingsSchema, place: 'at the top of the file' },
  {
    type: ClientSchema,
    place: 'in an entry of `clients`',
    synonyms: {
      tokenUrl: 'tokenEndpoint',
      token_url: 'tokenEndpoint',
      tokenUri: 'tokenEndpoint',
      token_uri: 'tokenEndpoint',
      url: 'tokenEndpoint',
      issuerUrl: 'issuer',
      secret: 'clientSecret',
      password: 'clientSecret',
      audience: 'parameters.audience',
      authMethod: 'clientAuthentication',
      token_endpoint_auth_method: 'clientAuthentication',
    },
  },
  {
    type: ConsumerSchema,
    place: 'in an entry of `consumers`',
    synonyms: { apiKey: 'keys', apiKeys: 'keys', scopes: 'allow', clients: 'allow', permissions: 'allow' },
  },
  { type: AllowSchema, place: 'in an item of `allow`', synonyms: { name: 'client' } },
  {
    type: ApiKeySchema,
    place: 'in an item of `keys`',
    synonyms: {
      key: 'hash',
      sha256: 'hash',
      created: 'createdAt',
      expires: 'expiresAt',
      expiry: 'expiresAt',
    },
  },
  { type: RenewalSchema, place: 'in `renewal`' },
  {
    type: RedisSchema,
    place: 'in `store.redis`',
    synonyms: { host: 'url', uri: 'url', hosts: 'cluster', prefix: 'keyPrefix' },
  },
  { type: ListenSchema, place: 'in `listen`', synonyms: { address: 'host', bind: 'host' } },
  { type: WorkloadSchema, place: 'in `workload`' },
  { type: WorkloadIssuerSchema, place: 'in an entry of `workloadIssuers`' },
];

/** What to write instead of a setting that is known elsewhere only, or to other programs by this name. */
export function misplaced(property: string, type: object): string | undefined {
  const { synonyms = {} } = parts.find((part) => part.type === type) ?? {};
  if (Object.hasOwn(synonyms, property)) return `it is called ${synonyms[property]} here`;
  const elsewhere = parts.find((part) => namesOf(part.type).includes(property));
  return elsewhere && `${property} stands ${elsewhere.place}`;
}

/** The settings of a class. */
export function namesOf(type: object): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type as () => void, '', true, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}
