import type { RedisProblem, RedisReport } from './redis-report.js';

/** What was found out about Redis. */
export interface RedisObservation {
  /** Whether commands were answered. */
  answered: boolean;
  /** The last fault of each kind of connection, one word each. */
  faults: ReadonlyMap<string, string>;
  /** Milliseconds by which its clock is ahead. */
  skew?: number | undefined;
  sealed?: RedisReport['sealed'] | undefined;
}

const words: readonly [RegExp, string][] = [
  [/^(?:WRONGPASS|NOAUTH|ERR)$/, 'it refuses the log-in: check user and password in the settings'],
  [/^NOPERM$/, 'this user may not run the commands that the broker needs: see its ACL'],
  [/^ENOTFOUND$|^EAI_/, 'the host name does not resolve'],
  [/^ECONNREFUSED$/, 'nothing listens there'],
  [
    /^(?:timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'it gives no answer in time: check the network between',
  ],
  [
    /cert|CERT|SELF_SIGNED|UNABLE_TO|^ERR_SSL|^ERR_TLS|^EPROTO$/,
    'the TLS handshake fails: check rediss:// and tls.ca in the settings',
  ],
  [/^LOADING$/, 'it is still loading its data'],
  [/^(?:READONLY|MASTERDOWN)$/, 'it is a replica, or its primary is away: name the primary'],
  [/^(?:OOM|MISCONF)$/, 'it takes no more writes: look into its memory and its disk'],
  [/^CLUSTERDOWN$/, 'the cluster is down'],
];

/** What is wrong with Redis, and what to do. */
export function redisProblems(observed: RedisObservation): RedisProblem[] {
  const problems: RedisProblem[] = [...observed.faults].map(([role, reason]) => ({
    severity: role === 'commands' || !observed.answered ? 'fault' : 'warning',
    detail: `${connections[role] ?? role}: ${wordsFor(reason)} (${reason}).`,
  }));
  if (!observed.answered && problems.length === 0) {
    problems.push({ severity: 'fault', detail: `connection: ${wordsFor('timeout')}.` });
  }
  return [...problems, ...keyProblems(observed.sealed), ...clockProblems(observed.skew)];
}

const connections: Readonly<Record<string, string>> = {
  commands: 'connection',
  subscriber: 'connection for messages',
  lock: 'connection for locks',
};

function wordsFor(reason: string): string {
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? 'the connection is lost';
}

function keyProblems(sealed: RedisObservation['sealed']): RedisProblem[] {
  if (sealed === undefined || sealed.opened === sealed.seen) return [];
  const detail =
    `encryptionKeys opens ${sealed.opened} of ${sealed.seen} entries that brokers keep under this keyPrefix: ` +
    'take the keys of those brokers, or a keyPrefix of your own.';
  return [{ severity: sealed.opened === 0 ? 'fault' : 'warning', detail }];
}

function clockProblems(skew = 0): RedisProblem[] {
  if (Math.abs(skew) < 5_000) return [];
  const side = skew > 0 ? 'ahead of' : 'behind';
  const detail = `its clock is ${Math.round(Math.abs(skew) / 1000)} s ${side} this machine's: the broker goes by it and is not disturbed.`;
  return [{ severity: 'warning', detail }];
}
