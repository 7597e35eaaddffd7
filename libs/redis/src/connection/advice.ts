import { aclAdvice } from './server-requirements.js';

const cluster = 'it is a node of a Cluster: name the nodes by store.redis.cluster instead of url';
const logIn =
  'it refuses the log-in: check user and password in the settings, and whether the password in the file has expired';

/** By reason, as `reasonOf` gives it. */
const words: readonly [RegExp, string][] = [
  [/^(?:WRONGPASS|NOAUTH|ERR)$/, logIn],
  [
    /^DENIED$/,
    'it is in protected mode: give it a password, or bind it to the addresses of the brokers only',
  ],
  [
    /^MAXCLIENTS$/,
    'it has reached its limit of clients: raise maxclients there, or use CLIENT LIST to find clients that leave connections open',
  ],
  [/^BUSY$/, 'a script keeps it busy: SCRIPT KILL there stops a script that has not written anything'],
  [/^ENOTFOUND$|^EAI_/, 'the host name does not resolve'],
  [/^ECONNREFUSED$/, 'nothing listens there'],
  [
    /^(?:timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'it does not respond in time: check the network between',
  ],
  [
    /ALERT|CERTIFICATE_REQUIRED/,
    'the TLS handshake fails: it wants a client certificate; check tls.certificate and tls.key',
  ],
  [
    /cert|CERT|SELF_SIGNED|UNABLE_TO|^ERR_SSL|^ERR_TLS|^EPROTO$/,
    'the TLS handshake fails: check rediss:// and tls.ca in the settings',
  ],
  [/^LOADING$/, 'it is still loading its data'],
  [
    /^(?:READONLY|MASTERDOWN)$/,
    'it is a replica, or its primary is down: use the address of the primary, or set sentinel or cluster',
  ],
  [
    /^OOM$/,
    'it refuses writes because its memory is full: raise maxmemory there, or set maxmemory-policy to volatile-ttl',
  ],
  [
    /^MISCONF$/,
    'it refuses writes because it could not save to disk: check its log and disk, or set stop-writes-on-bgsave-error to no, since the broker needs no persistence',
  ],
  [
    /^NOREPLICAS$/,
    'it refuses writes because too few replicas follow it: repair the replicas, or lower min-replicas-to-write',
  ],
  [/^CLUSTERDOWN$/, 'the cluster is down'],
  [/^(?:MOVED|ASK|CROSSSLOT)$/, cluster],
  [/^DATABASE$/, 'it has no database of this number: end the URL by /0, or set database to 0'],
  [
    /^UNKNOWN_COMMAND$/,
    'it lacks a command that the broker needs, or has it renamed: docs/reference/compatibility.md names them',
  ],
  [/^QUOTA$/, 'its plan is used up: its provider limits requests or data'],
];

/** What a reason means, and what to do. */
export function adviceFor(reason: string, keyPrefix = 'KEYPREFIX'): string | undefined {
  if (reason === 'NOPERM') {
    return `the ACL of this user lacks commands, keys or channels that the broker needs: ${aclAdvice(keyPrefix)}`;
  }
  return words.find(([pattern]) => pattern.test(reason))?.[1];
}
