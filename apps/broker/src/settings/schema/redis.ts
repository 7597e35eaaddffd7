import { applyDecorators } from '@nestjs/common';
import { ArrayMinSize } from 'class-validator';
import { ListOf, One } from './nested.js';
import { Check, Description, isMapping, Line, Optional, Required, Text, TextList } from './rules.js';
import { IsTextOrFile, isTextOrFile, type TextOrFile, textOrFileSchema } from './text-or-file.js';

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
function RedisNodeList(): PropertyDecorator {
  return applyDecorators(
    ArrayMinSize(1, { message: 'must be a list of at least one host:port' }),
    TextList(redisNode, 'is host:port, such as redis-1:6379'),
  );
}

@Description('Redis Sentinels, which know where the primary is.')
export class SentinelSchema {
  @Description('The name by which the Sentinels know the primary.', { examples: ['mymaster'] })
  @Required()
  @Line()
  name!: string;

  @Description('The Sentinels.', { examples: [['sentinel-1:26379', 'sentinel-2:26379', 'sentinel-3:26379']] })
  @Required()
  @RedisNodeList()
  nodes!: string[];
}

@Description('A key that seals what is kept in Redis (AES-256-GCM).')
export class EncryptionKeySchema {
  @Description('Name of the key, which is kept with what it seals.', { examples: ['2026-11'] })
  @Required()
  @Text(/^[A-Za-z0-9._-]{1,32}$/, 'must be 1 to 32 letters, digits, ".", "_" and "-"')
  id!: string;

  @Description('32 bytes in base64; `openssl rand -base64 32` makes one.')
  @Required()
  @IsTextOrFile()
  key!: TextOrFile;
}

const tlsFault =
  'must be true, or { ca, certificate, key } with PEM or { file: PATH } each, certificate and key together; left out, there is no TLS';

function isTls(value: unknown): boolean {
  if (!isMapping(value)) return false;
  const names = Object.keys(value);
  const areKnown = names.every(
    (name) => ['ca', 'certificate', 'key'].includes(name) && isTextOrFile(value[name]),
  );
  return areKnown && names.length > 0 && names.includes('certificate') === names.includes('key');
}

@Description('A Redis that all replicas share: one server, a primary behind Sentinels, or a Redis Cluster.', {
  oneOf: [{ required: ['url'] }, { required: ['sentinel'] }, { required: ['cluster'] }],
})
export class RedisSchema {
  @Description(
    'redis://user:password@host:6379/0, or rediss:// for TLS. Or this, or `sentinel`, or `cluster`.',
  )
  @Optional()
  @IsTextOrFile()
  url?: TextOrFile;

  @Description('A primary behind Sentinels.')
  @Optional()
  @One(SentinelSchema)
  sentinel?: SentinelSchema;

  @Description('Some nodes of a Redis Cluster; the others are learnt from them.', {
    examples: [['redis-1:6379', 'redis-2:6379', 'redis-3:6379']],
  })
  @Optional()
  @RedisNodeList()
  cluster?: string[];

  @Description('ACL user, unless the `url` has one.')
  @Optional()
  @Line()
  username?: string;

  @Description(
    'Password, unless the `url` has one. A file may change while the broker runs: connections log in again.',
  )
  @Optional()
  @IsTextOrFile()
  password?: TextOrFile;

  @Description('Password of the Sentinels themselves.')
  @Optional()
  @IsTextOrFile()
  sentinelPassword?: TextOrFile;

  @Description(
    'TLS for `sentinel` and `cluster`: true, or a mapping. Of a URL rediss:// turns it on. `ca`: the authorities to trust, PEM; `certificate` and `key`: what the broker proves itself by.',
  )
  @Optional()
  @Check(
    {
      anyOf: [
        { const: true },
        {
          type: 'object',
          minProperties: 1,
          properties: { ca: textOrFileSchema, certificate: textOrFileSchema, key: textOrFileSchema },
          dependencies: { certificate: ['key'], key: ['certificate'] },
          additionalProperties: false,
        },
      ],
    },
    (value) => (value === true || isTls(value) ? undefined : tlsFault),
  )
  tls?: true | { ca?: TextOrFile; certificate?: TextOrFile; key?: TextOrFile };

  @Description(
    'URLs of independent nodes that vote on the lock (Redlock), an odd number. Default: the lock is where the tokens are.',
  )
  @Optional()
  // So many that one half is always greater.
  @Check({ type: 'array', items: textOrFileSchema, minItems: 3 }, (value) =>
    Array.isArray(value) && value.length >= 3 && value.length % 2 === 1 && value.every(isTextOrFile)
      ? undefined
      : 'must be a list of 3, 5 or another odd number of texts in quotes or { file: PATH }',
  )
  lockNodes?: TextOrFile[];

  @Description('What all keys begin with. Brokers that share it share their tokens.')
  @Text(/^[A-Za-z0-9:_-]{1,64}$/, 'must be 1 to 64 letters, digits, ":", "_" and "-"')
  keyPrefix = 'token-broker';

  @Description('Keys that seal what is kept in Redis: the first seals, all open.')
  @Required()
  @ListOf(EncryptionKeySchema)
  encryptionKeys!: EncryptionKeySchema[];
}

@Description('Where tokens are kept.')
export class StoreSchema {
  @Description('Redis, for any number of replicas.')
  @Required()
  @One(RedisSchema)
  redis!: RedisSchema;
}
