import { applyDecorators } from '@nestjs/common';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { Check, Description, isMapping, Optional, Required, TextList } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

/** Values of `url` that name no address. */
export const proxyWords = ['environment', 'none'] as const;

const proxyUrl = /^https?:\/\/(?:[^\s\\/?#@]*@)?[^\s\\/?#@]+\/?$/i;

const addressSchema = {
  anyOf: [{ enum: proxyWords }, { type: 'string', pattern: `^https?://[^\\s\\\\?#]+$` }],
};

/** Undefined when it is none. In user and password what ends them (RFC 3986 §3.2) must be percent-encoded. */
export function parseProxyUrl(text: string): URL | undefined {
  return (proxyUrl.test(text) && URL.parse(text)) || undefined;
}

function IsProxyAddress(): PropertyDecorator {
  return Check(addressSchema, (value) =>
    typeof value === 'string' && (isProxyWord(value) || parseProxyUrl(value) !== undefined)
      ? undefined
      : 'must be the http or https URL of a proxy without path, `environment`, or `none`; percent-encode what is no letter or digit in its user and password',
  );
}

export function isProxyWord(value: string): value is (typeof proxyWords)[number] {
  return (proxyWords as readonly string[]).includes(value);
}

@Description('An HTTP proxy that makes tunnels (CONNECT). Only https goes through it.')
export class ProxySchema {
  @Description(
    '`http://proxy.example:3128`, https for TLS to the proxy itself; `environment`: HTTPS_PROXY or ALL_PROXY, and NO_PROXY; `none`.',
  )
  @Required()
  @IsProxyAddress()
  url!: string;

  @Description('User that the proxy asks for (Basic).')
  @Optional()
  @Check({ type: 'string', pattern: '^[^:\\x00-\\x1F]+$' }, (value) =>
    typeof value === 'string' && /^[^:\p{Cc}]+$/u.test(value) ? undefined : 'must be text without ":"',
  )
  username?: string;

  @Description('Password of that user.')
  @Optional()
  @IsTextOrFile()
  password?: TextOrFile;

  @Description(
    'Targets that are reached directly: `*`, a domain with all below it, an address or a network (10.0.0.0/8), each with `:PORT` if that matters.',
    { examples: [['.internal.example', '10.0.0.0/8', 'auth.example:8443']] },
  )
  @TextList(
    /^(?:\*|\.?[\w.-]+|[\d.]+\/\d+|\[[\da-f:.]+\]|[\da-f]*:[\da-f:.]*(?:\/\d+)?)(?::\d{1,5})?$/i,
    'is `*`, a host, a domain, an address or a network such as 10.0.0.0/8',
  )
  noProxy: string[] = [];

  @Description('For a proxy at an https URL: certificates of the authorities to trust, PEM.')
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;
}

/** As a mapping, or its `url` alone. */
export function IsProxy(): PropertyDecorator {
  const schema = { anyOf: [...addressSchema.anyOf, { $ref: `#/definitions/${ProxySchema.name}` }] };
  const message = 'must be the URL of a proxy, `environment`, `none`, or a mapping with `url`';
  return applyDecorators(
    Type(() => ProxySchema),
    Transform(({ value }: TransformFnParams): unknown =>
      typeof value === 'string' ? Object.assign(new ProxySchema(), { url: value }) : value,
    ),
    Check(schema, (value) => (value instanceof ProxySchema && isMapping(value) ? undefined : message)),
    ValidateNested({ message }),
  );
}
