import type { Secret } from '#tokens/model/secret.js';
import { versionOf } from '../settings/resolve/version.js';
import type { ListenSettings, RedisSettings, Settings } from '../settings/settings.js';

/** Whether a change concerns settings that take effect at the next start only. */
export function needsRestart(before: Settings, after: Settings): boolean {
  return versionOf(fixedAtStart(before)) !== versionOf(fixedAtStart(after));
}

function fixedAtStart({ listen, management, store, audit }: Settings): object {
  const changeable = {
    hosts: undefined,
    publicUrl: undefined,
    authentication: undefined,
    runbookUrl: undefined,
    dashboardUrl: undefined,
  };
  return {
    listen: fixedPart(listen),
    management: { ...fixedPart(management), ...changeable },
    redis: store && fixedRedis(store.redis),
    audit,
  };
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
