/** JSON Schema 2020-12, as far as the document of this API goes. */
export interface Schema {
  $ref?: string;
  type?: 'object' | 'array' | 'string' | 'integer';
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  items?: Schema;
  minItems?: number;
  anyOf?: readonly Schema[];
  const?: string;
  enum?: readonly string[];
  pattern?: string;
  format?: 'uri';
  minLength?: number;
  minimum?: number;
  maximum?: number;
}

export interface Example {
  summary: string;
  description?: string;
  value: unknown;
}

export interface MediaType {
  schema: Schema;
  examples: Readonly<Record<string, Example>>;
}

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  required?: true;
  description: string;
  schema: Schema;
  style?: 'form' | 'spaceDelimited';
  explode?: boolean;
  example?: unknown;
}

export interface Header {
  description: string;
  required?: true;
  schema: Schema;
}

export interface RequestBody {
  description: string;
  required: true;
  content: Readonly<Record<string, MediaType>>;
}

export interface Response {
  description: string;
  headers: Readonly<Record<string, Header>>;
  content?: Readonly<Record<string, MediaType>>;
}

/** As viewers of such documents show them, though not of the standard. */
export interface CodeSample {
  lang: 'Shell';
  label: 'curl';
  source: string;
}

export interface Operation {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description: string;
  /** Alternatives; none of them: for anybody. */
  security: readonly Readonly<Record<string, readonly string[]>>[];
  parameters: readonly Parameter[];
  requestBody?: RequestBody;
  responses: Readonly<Record<string, Response>>;
  'x-codeSamples': readonly CodeSample[];
}

export type PathItem = Readonly<Record<string, Operation>>;

export interface SecurityScheme {
  type: 'http';
  scheme: 'bearer' | 'basic';
  description: string;
}

/** An OpenAPI 3.1 document, as far as this API needs one. */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string; summary: string; description: string; license: object };
  servers: readonly { url: string; description: string }[];
  tags: readonly { name: string; description: string }[];
  paths: Readonly<Record<string, PathItem>>;
  components: {
    schemas: Readonly<Record<string, Schema>>;
    securitySchemes: Readonly<Record<string, SecurityScheme>>;
  };
}

/** The description of the consumer API, as of the active settings. */
export abstract class ConsumerApiDocument {
  /** The same object until the settings change its content. */
  abstract get current(): OpenApiDocument;
}
