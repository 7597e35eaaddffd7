import { Secret } from '#tokens/model/secret.js';
import type { ListenSettings, RedisSettings, Settings } from '../settings/settings.js';

/** Whether a change concerns settings that take effect at the next start only. */
export function needsRestart(before: Settings, after: Settings): boolean {
  return fixedAtStart(before) !== fixedAtStart(after);
}

function fixedAtStart({ listen, management, store, audit }: Settings): string {
  const redis = store && fixedRedis(store.redis);
  const changeable = {
    hosts: undefined,
    publicUrl: undefined,
    authentication: undefined,
    runbookUrl: undefined,
    dashboardUrl: undefined,
  };
  const operators = { ...fixedPart(management), ...changeable };
  // A secret prints nothing of itself: it is compared by its hash.
  return JSON.stringify(
    { listen: fixedPart(listen), management: operators, redis, audit },
    function (this: Record<string, unknown>, name, value) {
      const original = this[name];
      return original instanceof Secret ? original.sha256 : (value as unknown);
    },
  );
}

/** What certificate and authorities are may change, not whether there are any. */
function fixedPart<T extends ListenSettings>(listen: T): object {
  return { ...listen, tls: listen.tls && { clientCa: listen.tls.clientCa !== undefined } };
}

/** Without passwords and certificates, which may change while it runs. */
function fixedRedis({ url, lockNodes, sentinel, ...redis }: RedisSettings): object {
  const rotated = { encryptionKeys: undefined, username: undefined, password: undefined, ca: undefined };
  return {
    ...redis,
    ...rotated,
    certificate: undefined,
    sentinel: sentinel && { ...sentinel, password: undefined },
    url: url && serverIn(url),
    lockNodes: lockNodes?.map(serverIn),
  };
}

function serverIn(url: Secret): string {
  const { protocol, host, pathname } = new URL(url.reveal());
  return `${protocol}//${host}${pathname}`;
}
