import { createRequire } from 'node:module';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { ClientForm } from './schema/client-form.js';
import { AllowForm, ConsumerForm, WorkloadForm } from './schema/consumer-form.js';
import { descriptionOf } from './schema/described.js';
import { ListenForm, ManagementForm } from './schema/listen-form.js';
import { EncryptionKeyForm, RedisForm, SentinelForm } from './schema/redis-form.js';
import { RenewalForm } from './schema/renewal-form.js';
import { SettingsForm } from './schema/settings-form.js';
import { StoreForm } from './schema/store-form.js';
import { FileReference } from './schema/text-or-file.js';
import { WorkloadIssuerForm } from './schema/workload-issuer-form.js';
import { converters } from './json-schema-converters.js';
import { parts } from './resolve/credentials.js';

type Schema = Record<string, unknown>;
type Form = new () => object;

/** By the name of the class in the schema. */
const definitions = {
  AllowForm,
  ClientForm,
  ConsumerForm,
  EncryptionKeyForm,
  FileReference,
  ListenForm,
  ManagementForm,
  RedisForm,
  RenewalForm,
  SentinelForm,
  StoreForm,
  WorkloadForm,
  WorkloadIssuerForm,
} satisfies Record<string, Form>;

// class-transformer has no public way to its metadata, which tells what a Map or list holds.
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js');

/** The JSON Schema (draft-07) of the settings file, made from the classes that check it. For editors and CI. */
export function settingsJsonSchema(): Schema {
  const variable = {
    description: 'Text with ${VAR} or ${VAR:-default} in it.',
    type: 'string',
    pattern: '\\$\\{[A-Za-z_]',
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Token broker settings',
    ...schemaOf(SettingsForm),
    definitions: {
      Variable: variable,
      ...Object.fromEntries(Object.entries(definitions).map(([name, form]) => [name, schemaOf(form)])),
    },
  };
}

function schemaOf(form: Form): Schema {
  const schema = targetConstructorToSchema(form, {
    additionalConverters: converters,
    classTransformerMetadataStorage: defaultMetadataStorage,
    // Required is what is said to be, not what has no default.
    skipMissingProperties: true,
  });
  const defaults = new form() as Record<string, unknown>;
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    {
      ...(name in defaults && { default: defaults[name] }),
      ...descriptionOf(form.prototype, name),
      ...withVariable({ ...property }),
    },
  ]);
  return {
    ...descriptionOf(form),
    ...schema,
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(form === ClientForm && { allOf: neededParts() }),
  };
}

/** Where text of a certain form, or a number, is wanted, a variable may stand as well. */
function withVariable(schema: Schema): Schema {
  // In draft-07 nothing beside $ref counts.
  if ('$ref' in schema) return { allOf: [schema] };
  if (schema.type === 'array') return { ...schema, items: withVariable(schema.items as Schema) };
  const { type, enum: values, pattern } = schema;
  const fits = typeof pattern === 'string' && new RegExp(pattern, 'u').test('${VAR:-default}');
  const narrow = type === 'integer' || type === 'number' || values !== undefined || pattern !== undefined;
  return narrow && !fits ? { anyOf: [schema, { $ref: '#/definitions/Variable' }] } : schema;
}

/** What each client authentication needs; the one that is the default needs it without being named, too. */
function neededParts(): Schema[] {
  const { clientAuthentication } = new ClientForm();
  return Object.entries(parts).map(([method, { needed }]) => ({
    if: {
      properties: { clientAuthentication: { const: method } },
      required: method === clientAuthentication ? [] : ['clientAuthentication'],
    },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { required: needed },
  }));
}
