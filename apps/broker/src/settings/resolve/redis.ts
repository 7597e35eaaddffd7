import type { RedisAddress } from '#redis/connection/redis-options.js';
import type { EncryptionKey } from '#redis/tokens/key-ring.js';
import { Secret } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import { type EncryptionKeySchema, redisNode, RedisSchema, redisUrl } from '../schema/redis.js';
import type { TextOrFile } from '../schema/text-or-file.js';
import type { RedisSettings } from '../settings.js';
import { UniqueValues } from './entries.js';
import type { FileReader } from './file-reader.js';

const connectionKinds = ['url', 'sentinel', 'cluster'] as const;

/** Undefined when it has faults. */
export function resolveRedis(
  schema: RedisSchema,
  path: SettingsPath,
  files: FileReader,
): RedisSettings | undefined {
  if (!(schema instanceof RedisSchema)) return undefined;
  checkConnectionKind(schema, path);
  const url = resolveUrl(schema.url, path.key('url'), files);
  checkLogIn(schema, path, url);
  const lockNodes = resolveLockNodes(schema.lockNodes, path.key('lockNodes'), files);
  const { tls } = schema;
  const tlsParts = typeof tls === 'object' && path.areValid('tls') ? tls : {};
  const ca = files.authorities(tlsParts.ca, path.key('tls').key('ca'));
  const certificate = files.pair(tlsParts, path.key('tls').key('certificate'), path.key('tls').key('key'));
  if (path.areValid('url', 'lockNodes')) checkTls(schema, path.key('tls'), url, lockNodes);
  const settings = {
    url,
    lockNodes,
    ...resolveServers(schema, path, files),
    username: schema.username,
    password: files.secret(schema.password, path.key('password')),
    tls: tls !== undefined,
    ca,
    certificate: certificate && Object.freeze(certificate),
    keyPrefix: schema.keyPrefix,
    encryptionKeys: resolveKeys(schema.encryptionKeys, path.key('encryptionKeys'), files),
  };
  return path.isValid ? Object.freeze(settings) : undefined;
}

function checkConnectionKind(schema: RedisSchema, redis: SettingsPath): void {
  if (!redis.areValid(...connectionKinds)) return;
  const [first, ...others] = connectionKinds.filter((name) => schema[name] !== undefined);
  if (first === undefined) redis.key('url').fault('must be set, unless `sentinel` or `cluster` is');
  for (const other of others) redis.key(other).fault(`must be left out when \`${first}\` is set`);
}

function checkLogIn(schema: RedisSchema, redis: SettingsPath, url: Secret | undefined): void {
  const inUrl = url !== undefined && new URL(url.reveal()).password !== '';
  for (const name of ['username', 'password'] as const) {
    const path = redis.key(name);
    if (schema[name] !== undefined && inUrl && path.isValid) {
      path.fault('must be left out: user and password are part of `url`');
    }
  }
  if (schema.username !== undefined && schema.password === undefined && redis.areValid('username')) {
    redis.key('password').fault('must be set when `username` is');
  }
  if (schema.sentinelPassword !== undefined && schema.sentinel === undefined) {
    redis.key('sentinelPassword').fault('must be left out without `sentinel`');
  }
}

/** `redis://` contradicts authorities to trust, whose author believes there is TLS. */
function checkTls(
  { tls }: RedisSchema,
  path: SettingsPath,
  url: Secret | undefined,
  lockNodes: readonly Secret[] = [],
): void {
  if (tls === undefined || url === undefined) return;
  const hasTls = [url, ...lockNodes].some((one) => /^rediss:/i.test(one.reveal()));
  if (!hasTls) path.fault('must be left out with redis://; rediss:// turns TLS on');
}

/** Undefined, and a fault, unless it is a Redis URL. */
function resolveUrl(
  value: TextOrFile | undefined,
  path: SettingsPath,
  files: FileReader,
): Secret | undefined {
  const text = files.trimmed(value, path);
  if (text === undefined) return undefined;
  const fault = urlFault(text);
  if (fault !== undefined) path.fault(fault);
  return fault === undefined ? new Secret(text) : undefined;
}

function urlFault(text: string): string | undefined {
  const url = redisUrl.test(text) ? URL.parse(text) : null;
  if (url === null || !isPercentEncoded(url.username) || !isPercentEncoded(url.password)) {
    return (
      'must be redis://user:password@host:6379/0, or rediss:// for TLS; ' +
      'what is special in user and password is percent-encoded, and there is no query'
    );
  }
  // A user alone would not be logged in, and is most often a password in the wrong place.
  const userOnly = url.username !== '' && url.password === '';
  return userOnly ? 'must have a user and a password, redis://user:password@host, or neither' : undefined;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Two of one server would be two votes of one. */
function resolveLockNodes(
  values: readonly TextOrFile[] | undefined,
  path: SettingsPath,
  files: FileReader,
): readonly Secret[] | undefined {
  if (values === undefined || !path.isValid) return undefined;
  const nodes = values.flatMap((value, index) => {
    const here = path.item(index);
    const url = resolveUrl(value, here, files);
    return url === undefined ? [] : [{ url, here }];
  });
  new UniqueValues().add(
    nodes.map(({ url, here }) => ({ value: serverOf(url), owner: String(here), path: here })),
  );
  return Object.freeze(nodes.map(({ url }) => url));
}

function serverOf(url: Secret): string {
  const { hostname, port } = new URL(url.reveal());
  return `${hostname.toLowerCase()}:${port || 6379}`;
}

function resolveServers(
  schema: RedisSchema,
  redis: SettingsPath,
  files: FileReader,
): Pick<RedisSettings, 'sentinel' | 'cluster'> {
  const { sentinel, cluster } = schema;
  const password = files.secret(schema.sentinelPassword, redis.key('sentinelPassword'));
  return {
    sentinel:
      sentinel && redis.areValid('sentinel')
        ? Object.freeze({
            name: sentinel.name,
            nodes: resolveNodes(sentinel.nodes, redis.key('sentinel').key('nodes')),
            password,
          })
        : undefined,
    cluster: cluster && redis.areValid('cluster') ? resolveNodes(cluster, redis.key('cluster')) : undefined,
  };
}

/** Each is `host:port` already; what is left to check is that there is such a port. */
function resolveNodes(texts: readonly string[], path: SettingsPath): readonly RedisAddress[] {
  return Object.freeze(
    texts.map((text, index) => {
      const [, host = '', port = ''] = redisNode.exec(text) ?? [];
      if (Number(port) > 65_535) path.item(index).fault('must have a port from 1 to 65535');
      return Object.freeze({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    }),
  );
}

function resolveKeys(
  schemas: readonly EncryptionKeySchema[],
  path: SettingsPath,
  files: FileReader,
): readonly EncryptionKey[] {
  if (!path.isValid) return [];
  const entries = schemas.flatMap(({ id, key }, index) => {
    const here = path.item(index);
    const secret = keyIn(files.trimmed(key, here.key('key')), here.key('key'));
    return secret === undefined ? [] : [{ id, key: secret, here, owner: String(here) }];
  });
  new UniqueValues().add(entries.map(({ id, here, owner }) => ({ value: id, owner, path: here.key('id') })));
  new UniqueValues().add(
    entries.map(({ key, here, owner }) => ({ value: key.sha256, owner, path: here.key('key') })),
  );
  return Object.freeze(entries.map(({ id, key }) => Object.freeze({ id, key })));
}

/** 32 bytes in base64. Undefined, and a fault, for any other text. */
export function keyIn(text: string | undefined, path: SettingsPath): Secret | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // The decoder skips what is not base64. Written anew, two spellings of one key are the same text.
  if (/^[A-Za-z0-9+/]{43}=$/.test(text) && bytes.length === 32) return new Secret(bytes.toString('base64'));
  path.fault('must be exactly 32 bytes in base64; `openssl rand -base64 32` makes them');
  return undefined;
}
