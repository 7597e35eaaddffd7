import { Secret } from '#tokens/model/secret.js';
import { redisNode, redisUrl } from '../schema/redis-rules.js';
import type { TextOrFile } from '../schema/text-or-file.js';
import type { Place } from '../place.js';
import type { RedisNode } from '../redis-settings.js';
import type { FileReader } from './file-reader.js';
import { checkUnique } from './unique.js';

const form =
  'must be redis://user:password@host:6379/0, or rediss:// for TLS; ' +
  'what is special in user and password is percent-encoded, and there is no query';

/** Undefined, and a fault at the place, unless it is a Redis URL. */
export function resolveRedisUrl(value: TextOrFile, place: Place, files: FileReader): Secret | undefined {
  const text = files.trimmed(value, place);
  if (text === undefined) return undefined;
  const fault = urlFault(text);
  if (fault !== undefined) place.fault(fault);
  return place.clean ? new Secret(text) : undefined;
}

/** Those that are Redis URLs. Two of one server would be two votes of one. */
export function resolveLockNodes(
  values: readonly TextOrFile[],
  place: Place,
  files: FileReader,
): readonly Secret[] {
  const nodes = values.flatMap((value, index) => {
    const here = place.item(index);
    const url = resolveRedisUrl(value, here, files);
    return url === undefined ? [] : [{ url, here }];
  });
  checkUnique(nodes.map(({ url, here }) => ({ value: serverOf(url), owner: here.path, place: here })));
  return Object.freeze(nodes.map(({ url }) => url));
}

/** Each is `host:port` already; what is left to check is that there is such a port. */
export function resolveRedisNodes(texts: readonly string[], place: Place): readonly RedisNode[] {
  return Object.freeze(
    texts.map((text, index) => {
      const [, host = '', port = ''] = redisNode.exec(text) ?? [];
      if (Number(port) > 65_535) place.item(index).fault('must have a port from 1 to 65535');
      return Object.freeze({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    }),
  );
}

function urlFault(text: string): string | undefined {
  const url = redisUrl.test(text) ? URL.parse(text) : null;
  if (url === null || !isPercentEncoded(url.username) || !isPercentEncoded(url.password)) return form;
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

function serverOf(url: Secret): string {
  const { hostname, port } = new URL(url.reveal());
  return `${hostname.toLowerCase()}:${port || 6379}`;
}
