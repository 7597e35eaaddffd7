/** Fields of a token response that a server may have elsewhere than RFC 6749 §5.1 says. */
export const responseFieldNames = [
  'access_token',
  'token_type',
  'expires_in',
  'expires_at',
  'scope',
] as const;

export type ResponseFieldName = (typeof responseFieldNames)[number];

/** How a token endpoint wants requests and gives responses, where that is not by RFC 6749. */
export interface WireFormat {
  /** Of the request's body: form-encoded (the default), or a JSON object. */
  bodyFormat?: 'form' | 'json';
  /** Between two scopes, in requests and responses; a space by default. */
  scopeSeparator?: string;
  /** Where the response has a field: names from the outermost object inwards, separated by dots. */
  responseFields?: Readonly<Partial<Record<ResponseFieldName, string>>>;
}

/** Its parts that are not the default, for a digest. */
export function wireFormatParts({
  bodyFormat,
  scopeSeparator,
  responseFields = {},
}: WireFormat = {}): string[] {
  const fields = Object.entries(responseFields).toSorted().flat();
  return [
    ...(bodyFormat === 'json' ? ['bodyFormat', bodyFormat] : []),
    ...(scopeSeparator === undefined || scopeSeparator === ' ' ? [] : ['scopeSeparator', scopeSeparator]),
    ...(fields.length === 0 ? [] : ['responseFields', ...fields]),
  ];
}
