import { applyDecorators } from '@nestjs/common';
import { ArrayMinSize, ValidateBy } from 'class-validator';
import { isMapping } from './nested.js';
import { isTextOrFile, type TextOrFile } from './text-or-file.js';
import { TextList } from './texts.js';

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
const host = String.raw`[\w.-]+|\[[0-9A-Fa-f:.]+\]`;
const port = '[1-9][0-9]{0,4}';

export const redisNode = new RegExp(`^(${host}):(${port})$`);

/** In user and password what ends them (RFC 3986 §3.2) must be percent-encoded: a parser would cut there. */
export const redisUrl = new RegExp(
  String.raw`^(rediss?):\/\/([^\s\\/?#]*@)?(${host})(:${port})?(\/\d{0,5})?$`,
  'i',
);

/** `host:port` each. */
export function RedisNodeList(): PropertyDecorator {
  return applyDecorators(
    ArrayMinSize(1, { message: 'must be a list of at least one host:port' }),
    TextList(redisNode, 'is host:port, such as redis-1:6379'),
  );
}

export type RedisTls = true | { ca: TextOrFile };

export function IsRedisTls(): PropertyDecorator {
  return ValidateBy({
    name: 'redisTls',
    validator: {
      validate: (value) =>
        value === true || (isMapping(value) && Object.keys(value).join() === 'ca' && isTextOrFile(value.ca)),
      defaultMessage: () =>
        'must be true, or { ca: PEM } or { ca: { file: PATH } }; left out, there is no TLS',
    },
  });
}
