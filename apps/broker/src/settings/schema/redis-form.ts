import { Described } from './described.js';
import { ListOf, One } from './nested.js';
import { Optional, Required } from './presence.js';
import { IsRedisTls, type RedisTls, RedisNodeList } from './redis-rules.js';
import { IsOddListOfTextsOrFiles, IsTextOrFile, type TextOrFile } from './text-or-file.js';
import { Line, Text } from './texts.js';

@Described('Redis Sentinels, which know where the primary is.')
export class SentinelForm {
  @Described('The name by which the Sentinels know the primary.', { examples: ['mymaster'] })
  @Required()
  @Line()
  name!: string;

  @Described('The Sentinels.', { examples: [['sentinel-1:26379', 'sentinel-2:26379', 'sentinel-3:26379']] })
  @Required()
  @RedisNodeList()
  nodes!: string[];
}

@Described('A key that seals what is kept in Redis (AES-256-GCM).')
export class EncryptionKeyForm {
  @Described('Name of the key, which is kept with what it seals.', { examples: ['2026-11'] })
  @Required()
  @Text(/^[A-Za-z0-9._-]{1,32}$/, 'must be 1 to 32 letters, digits, ".", "_" and "-"')
  id!: string;

  @Described('32 bytes in base64; `openssl rand -base64 32` makes one.')
  @Required()
  @IsTextOrFile()
  key!: TextOrFile;
}

@Described('A Redis that all replicas share: one server, a primary behind Sentinels, or a Redis Cluster.', {
  oneOf: [{ required: ['url'] }, { required: ['sentinel'] }, { required: ['cluster'] }],
})
export class RedisForm {
  @Described('redis://user:password@host:6379/0, or rediss:// for TLS. Or this, or `sentinel`, or `cluster`.')
  @Optional()
  @IsTextOrFile()
  url?: TextOrFile;

  @Described('A primary behind Sentinels.')
  @Optional()
  @One(SentinelForm)
  sentinel?: SentinelForm;

  @Described('Some nodes of a Redis Cluster; the others are learnt from them.', {
    examples: [['redis-1:6379', 'redis-2:6379', 'redis-3:6379']],
  })
  @Optional()
  @RedisNodeList()
  cluster?: string[];

  @Described('ACL user, for `sentinel` and `cluster`; a `url` has its own.')
  @Optional()
  @Line()
  username?: string;

  @Described('Password, for `sentinel` and `cluster`; a `url` has its own.')
  @Optional()
  @IsTextOrFile()
  password?: TextOrFile;

  @Described('Password of the Sentinels themselves.')
  @Optional()
  @IsTextOrFile()
  sentinelPassword?: TextOrFile;

  @Described(
    'TLS for `sentinel` and `cluster`: true, or the authorities to trust, PEM. Of a URL rediss:// turns it on, and this names the authorities.',
  )
  @Optional()
  @IsRedisTls()
  tls?: RedisTls;

  @Described(
    'URLs of independent nodes that vote on the lock (Redlock), an odd number. Default: the lock is where the tokens are.',
  )
  @Optional()
  @IsOddListOfTextsOrFiles()
  lockNodes?: TextOrFile[];

  @Described('What all keys begin with. Brokers that share it share their tokens.')
  @Text(/^[A-Za-z0-9:_-]{1,64}$/, 'must be 1 to 64 letters, digits, ":", "_" and "-"')
  keyPrefix = 'token-broker';

  @Described('Keys that seal what is kept in Redis: the first seals, all open.')
  @Required()
  @ListOf(EncryptionKeyForm)
  encryptionKeys!: EncryptionKeyForm[];
}
