import { IS_INT, ValidationTypes } from 'class-validator';
import { targetConstructorToSchema, type validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { grantParts, parts } from './resolve/credentials.js';
import { AssertionSchema, ClientAssertionSchema } from './schema/assertion.js';
import { ApiKeySchema } from './schema/api-key.js';
import { ClientSchema } from './schema/client.js';
import { RenewalSchema } from './schema/renewal.js';
import { AuditSchema } from './schema/audit.js';
import { MaxTokenRequestsSchema } from './schema/max-token-requests.js';
import { AllowSchema, ConsumerSchema } from './schema/consumer.js';
import { ProxySchema } from './schema/proxy.js';
import { ListenSchema, ListenTlsSchema, TlsSchema } from './schema/listen.js';
import {
  ManagementAuthenticationSchema,
  ManagementSchema,
  OperatorKeySchema,
  OperatorOidcSchema,
  OperatorProxySchema,
} from './schema/management.js';
import { EncryptionKeySchema, RedisSchema, SentinelSchema, StoreSchema } from './schema/redis.js';
import { descriptionOf } from './schema/rules.js';
import { SettingsSchema } from './schema/settings.js';
import { ManagedKeysSchema } from './schema/managed-keys.js';
import { FileReference } from './schema/text-or-file.js';
import { CertificateSchema, WorkloadIssuerSchema, WorkloadSchema } from './schema/workload.js';

type JsonSchema = Record<string, unknown>;
type SchemaClass = new () => object;
type Options = NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>;

/** By the name of the class. */
const definitions = {
  AllowSchema,
  ApiKeySchema,
  AssertionSchema,
  AuditSchema,
  ClientAssertionSchema,
  CertificateSchema,
  ClientSchema,
  ConsumerSchema,
  EncryptionKeySchema,
  FileReference,
  ListenSchema,
  ManagedKeysSchema,
  ManagementAuthenticationSchema,
  ListenTlsSchema,
  ManagementSchema,
  MaxTokenRequestsSchema,
  ProxySchema,
  OperatorKeySchema,
  OperatorOidcSchema,
  OperatorProxySchema,
  RedisSchema,
  RenewalSchema,
  SentinelSchema,
  StoreSchema,
  TlsSchema,
  WorkloadSchema,
  WorkloadIssuerSchema,
} satisfies Record<string, SchemaClass>;

/** What checks look like in JSON Schema, where the library has no words or others for them. */
const converters = {
  [ValidationTypes.IS_DEFINED]: {},
  [ValidationTypes.NESTED_VALIDATION]: {},
  [IS_INT]: { type: 'integer' },
  check: ({ constraints: [schema] }: { constraints: [JsonSchema] }) => schema,
} as unknown as NonNullable<Options['additionalConverters']>;

/** The JSON Schema (draft-07) of the settings file, made from the classes that check it. For editors and CI. */
export function settingsJsonSchema(): JsonSchema {
  const variable = {
    description: 'Text with ${VAR} or ${VAR:-default} in it.',
    type: 'string',
    pattern: '\\$\\{[A-Za-z_]',
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Token broker settings',
    ...jsonSchemaOf(SettingsSchema),
    definitions: {
      Variable: variable,
      ...Object.fromEntries(Object.entries(definitions).map(([name, type]) => [name, jsonSchemaOf(type)])),
    },
  };
}

function jsonSchemaOf(type: SchemaClass): JsonSchema {
  const schema = targetConstructorToSchema(type, {
    additionalConverters: converters,
    // Required is what is said to be, not what has no default.
    skipMissingProperties: true,
  });
  const defaults = new type() as Record<string, unknown>;
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    {
      ...(name in defaults && { default: defaults[name] }),
      ...descriptionOf(type.prototype, name),
      ...withVariable({ ...property }),
    },
  ]);
  return {
    ...descriptionOf(type),
    ...schema,
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(type === ClientSchema && { allOf: neededParts() }),
  };
}

/** Where text of a certain form, or a number, is wanted, a variable may stand as well. */
function withVariable(schema: JsonSchema): JsonSchema {
  // In draft-07 nothing beside $ref counts.
  if ('$ref' in schema) return { allOf: [schema] };
  if (schema.type === 'array') return { ...schema, items: withVariable(schema.items as JsonSchema) };
  const { type, enum: values, pattern } = schema;
  const fits = typeof pattern === 'string' && new RegExp(pattern, 'u').test('${VAR:-default}');
  const narrow = type === 'integer' || type === 'number' || values !== undefined || pattern !== undefined;
  return narrow && !fits ? { anyOf: [schema, { $ref: '#/definitions/Variable' }] } : schema;
}

/** What each client authentication and grant needs; what is the default needs it without being named, too. */
function neededParts(): JsonSchema[] {
  const { grant } = new ClientSchema();
  const needing = (properties: JsonSchema, required: string[], needed: string[]) => ({
    // A preset may set another.
    if: { properties: { preset: false, ...properties }, required },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: needed.includes('privateKey') ? orManaged(needed) : { required: needed },
  });
  return [
    needing({ clientAuthentication: false, grant: { const: grant } }, [], parts.client_secret_basic.needed),
    ...Object.entries(parts).map(([method, { needed }]) =>
      needing({ clientAuthentication: { const: method } }, ['clientAuthentication'], needed),
    ),
    ...Object.entries(grantParts).map(([name, { needed }]) =>
      needing({ grant: { const: name } }, ['grant'], needed),
    ),
  ];
}

/** A key of the client's own, or one that the broker makes. */
function orManaged(needed: string[]): JsonSchema {
  return { anyOf: [{ required: needed }, { required: ['keys'] }] };
}
