import { IS_INT, ValidationTypes } from 'class-validator';
import type { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { scopeToken } from './schema/scope-rules.js';
import { validName } from './resolve/named-entries.js';

type Options = NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>;

const textOrFile = { anyOf: [{ type: 'string', minLength: 1 }, { $ref: '#/definitions/FileReference' }] };
const loopbackUrl = 'http://(localhost|127(\\.\\d{1,3}){3}|\\[::1\\])';
const scopes = { type: 'array', items: { type: 'string', pattern: scopeToken.source } };

/** What the house's own checks look like in JSON Schema, by the name of the check. */
export const converters = {
  [ValidationTypes.IS_DEFINED]: {},
  [IS_INT]: { type: 'integer' },
  named: (meta: { constraints: [number] }) => ({
    type: 'object',
    minProperties: meta.constraints[0],
    propertyNames: { pattern: validName.source },
  }),
  textOrFile,
  oneOrTwoTextsOrFiles: {
    anyOf: [...textOrFile.anyOf, { type: 'array', items: textOrFile, minItems: 1, maxItems: 2 }],
  },
  oddListOfTextsOrFiles: { type: 'array', items: textOrFile, minItems: 3 },
  redisTls: {
    anyOf: [
      { const: true },
      { type: 'object', properties: { ca: textOrFile }, required: ['ca'], additionalProperties: false },
    ],
  },
  httpsUrl: (meta: { constraints: [{ query: boolean }] }) => {
    const rest = meta.constraints[0].query ? '[^\\s#]' : '[^\\s#?]';
    return { type: 'string', pattern: `^(https://${rest}|${loopbackUrl}(?=[:/?]|$))${rest}*$` };
  },
  resourceList: { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s#]+$' } },
  listOfScopeLists: { type: 'array', items: scopes },
  scopeListByScope: { type: 'object', additionalProperties: scopes },
  parameters: { type: 'object', additionalProperties: { type: 'string' } },
} as unknown as NonNullable<Options['additionalConverters']>;
