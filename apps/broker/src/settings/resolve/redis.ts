import type { Secret } from '#tokens/model/secret.js';
import type { RedisForm } from '../schema/redis-form.js';
import type { TextOrFile } from '../schema/text-or-file.js';
import type { Place } from '../place.js';
import type { RedisNode, RedisSettings, SentinelSettings } from '../redis-settings.js';
import { resolveEncryptionKeys } from './encryption-keys.js';
import type { FileReader } from './file-reader.js';
import { authoritiesIn } from './pem.js';
import { resolveLockNodes, resolveRedisNodes, resolveRedisUrl } from './redis-addresses.js';

const whereabouts = ['url', 'sentinel', 'cluster'] as const;

/** Undefined when it has faults. */
export function resolveRedis(form: RedisForm, place: Place, files: FileReader): RedisSettings | undefined {
  checkWhereabouts(form, place);
  checkLogIn(form, place);
  const urls = urlsOf(form, place, files);
  const ca = authorityOf(form, place.key('tls'), files);
  if (place.cleanAt('url', 'lockNodes')) checkTls(form, place.key('tls'), urls);
  const settings = {
    ...urls,
    ...serversOf(form, place, files),
    username: form.username,
    password: secretOf(form.password, place.key('password'), files),
    tls: form.tls !== undefined,
    ca,
    keyPrefix: form.keyPrefix,
    encryptionKeys: resolveEncryptionKeys(form.encryptionKeys, place.key('encryptionKeys'), files),
  };
  return place.clean ? Object.freeze(settings) : undefined;
}

function checkWhereabouts(form: RedisForm, redis: Place): void {
  if (!redis.cleanAt(...whereabouts)) return;
  const [first, ...others] = whereabouts.filter((name) => form[name] !== undefined);
  if (first === undefined) redis.key('url').fault('must be set, unless `sentinel` or `cluster` is');
  for (const other of others) redis.key(other).fault(`must be left out when \`${first}\` is set`);
}

function checkLogIn(form: RedisForm, redis: Place): void {
  for (const name of ['username', 'password'] as const) {
    const place = redis.key(name);
    if (form[name] !== undefined && form.url !== undefined && place.clean) {
      place.fault('must be left out: user and password are part of `url`');
    }
  }
  if (form.username !== undefined && form.password === undefined && redis.cleanAt('username')) {
    redis.key('password').fault('must be set when `username` is');
  }
  if (form.sentinelPassword !== undefined && form.sentinel === undefined) {
    redis.key('sentinelPassword').fault('must be left out without `sentinel`');
  }
}

function urlsOf(form: RedisForm, redis: Place, files: FileReader): Pick<RedisSettings, 'url' | 'lockNodes'> {
  const [url, lockNodes] = [redis.key('url'), redis.key('lockNodes')];
  return {
    url: form.url !== undefined && url.clean ? resolveRedisUrl(form.url, url, files) : undefined,
    lockNodes:
      form.lockNodes && lockNodes.clean ? resolveLockNodes(form.lockNodes, lockNodes, files) : undefined,
  };
}

/** `redis://` and authorities to trust contradict one another: somebody believes there is TLS. */
function checkTls(form: RedisForm, place: Place, { url, lockNodes = [] }: Partial<RedisSettings>): void {
  if (form.tls === undefined || url === undefined) return;
  const hasTls = [url, ...lockNodes].some((one) => /^rediss:/i.test(one.reveal()));
  if (!hasTls) place.fault('must be left out with redis://; rediss:// turns TLS on');
}

function authorityOf({ tls }: RedisForm, place: Place, files: FileReader): string | undefined {
  if (tls === undefined || tls === true || !place.clean) return undefined;
  return authoritiesIn(tls.ca, place.key('ca'), files);
}

function serversOf(
  form: RedisForm,
  redis: Place,
  files: FileReader,
): { sentinel: SentinelSettings | undefined; cluster: readonly RedisNode[] | undefined } {
  const password = secretOf(form.sentinelPassword, redis.key('sentinelPassword'), files);
  const [sentinel, cluster] = [redis.key('sentinel'), redis.key('cluster')];
  return {
    sentinel:
      form.sentinel && sentinel.clean
        ? Object.freeze({
            name: form.sentinel.name,
            nodes: resolveRedisNodes(form.sentinel.nodes, sentinel.key('nodes')),
            password,
          })
        : undefined,
    cluster: form.cluster && cluster.clean ? resolveRedisNodes(form.cluster, cluster) : undefined,
  };
}

function secretOf(value: TextOrFile | undefined, place: Place, files: FileReader): Secret | undefined {
  return value !== undefined && place.clean ? files.secret(value, place) : undefined;
}
