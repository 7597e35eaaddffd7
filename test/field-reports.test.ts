import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const top = join(import.meta.dirname, '..');
const [oauth, http, tokens] = ['libs/oauth/src', 'libs/http/src', 'libs/tokens/src'];
const settings = 'apps/broker/src/settings';
const response = `${oauth}/response/process-token-response`;
const refusal = `${oauth}/response/error-response`;
const request = `${oauth}/request/client-authentication`;

/**
 * What was reported of the field, and the tests that show how it is treated: file (without .test.ts) and title, or the
 * file of a Prometheus test and what it expects.
 */
const reports: Record<string, Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'answers of authorization servers': {
    'no token_type': [[response, 'missing means Bearer, and is counted (Shopify']],
    'a token_type of its own': [[response, '%s is accepted where the settings of the client accept it']],
    'status 201, 202, 203': [[response, 'accepts a whole token response of status %i']],
    'an error that is empty or null': [
      [response, 'takes error %j beside a token for no error'],
      [response, 'an error of %j beside a token is none'],
    ],
    '200 with an error': [[response, '200 with the error %s (GitHub, Slack) counts as the 4xx of that code']],
    'expires_in in milliseconds': [[response, 'bounds the life whatever expires_in says']],
    'the same token again': [
      [`${tokens}/token-broker`, 'never has it served beyond its first end (%s)'],
      [`${tokens}/token-broker`, 'has it served to the end that its own exp says, when that is later'],
    ],
    'bytes that do not decode': [
      [response, 'reads its fields beside one that is %s'],
      [refusal, 'reads the error beside a byte that does not decode'],
    ],
    'content codings': [['test/oauth/transport', 'compressed by %s is read']],
    'interim responses': [
      ['test/oauth/transport', 'follows an interim %s that nothing asked for'],
      ['test/oauth/transport', 'with Content-Length beside chunked is refused in words that say so'],
    ],
    'Basic that is not decoded': [
      [request, 'by Basic leaves the octets of a UUID as they are'],
      [request, 'by Basic with basicEncoding none sends id and secret as they are'],
    ],
    '401 with any code': [
      [refusal, '401 is a refused credential whatever the code (%j)'],
      [refusal, 'invalid_request for a missing client is a refused credential (%s)'],
    ],
    'a 404 or a wrong issuer': [
      [`${tokens}/upstream`, 'refuses no credential: the second one of a rotation is not tried'],
    ],
    'expires_in of 0, or a fraction': [
      [response, 'no second, negative or of another form is malformed (%j)'],
      [response, '%s is accepted'],
    ],
    'one clientId twice': [
      [
        `${tokens}/model/client`,
        'a client that reaches its server in another way, by other authorities for example, is another identity',
      ],
    ],
    'assertions at a server that is behind': [
      [request, 'by private key dates an assertion 10 s back and without nbf'],
    ],
    'an API with replication lag': [
      [`${tokens}/token-broker`, 'is renewed again only when it is twice as old as the one before'],
    ],
    'one scope set that fails': [
      ['test/simulation/recovery', '%s, a new scope set gets a token at its first turn'],
    ],
    '404 during a redeploy': [[refusal, '%s judges no credential']],
    'an empty scope': [['test/http/refusals', 'an empty scope in a form counts as left out']],
  },
  'networks and machines': {
    'a full disk under the log': [
      ['test/e2e/log-output', 'is a full disk serves, counts the lines it drops, says so once, and ends'],
    ],
    'a log without a reader': [
      ['test/e2e/log-output', 'is a pipe that is not read serves, drops lines beyond a bound, and ends'],
    ],
    'DNS that hangs': [
      [
        'test/chaos/name-servers',
        'whose name server never answers for the hosts of eight clients serves the ninth meanwhile',
      ],
      [
        'test/chaos/name-servers',
        'whose name server never answers for Redis and its lock nodes either serves alone meanwhile',
      ],
    ],
    'a first address that is silent': [
      [
        'test/chaos/name-servers',
        'where the first address of an authorization server is silent connects to the second',
      ],
      ['test/chaos/name-servers', 'where the first address of Redis is silent shares tokens by the second'],
      [
        'test/chaos/name-servers',
        'without a route to the IPv6 address of an authorization server connects by IPv4',
      ],
    ],
    'a kept connection that is dead': [
      [`${http}/http-client`, 'that the server resets is replaced by a fresh one, once'],
      [
        `${http}/http-client`,
        'that swallows what is sent (a NAT forgot it) is replaced by a fresh one within the deadline',
      ],
    ],
    'a suspended host': [['test/chaos/suspend', 'serves no token of %s from before, and a new one at once']],
    'the clock of Redis': [
      [
        'test/chaos/redis-clock',
        'is set back by 5 minutes makes no token live longer, at no replica, and it is said',
      ],
      [
        'test/chaos/redis-clock',
        'is set back while no replica runs has no dead token served after their start',
      ],
      ['test/chaos/redis-clock', 'is set %s by 5 minutes (%i s) does not stretch a cool-down'],
      ['test/chaos/redis-clock', 'makes no token live longer, also at replicas that are restarted'],
    ],
    'a Redis that refuses writes': [
      ['test/redis/server-requirements', 'is degraded, and costs no token request for each replica'],
      ['libs/redis/src/connection/state-reports', 'are one a minute, with a count, of a state that flaps'],
    ],
    'SIGTERM under load': [
      ['test/e2e/signals', 'loses no request of clients that keep their connections'],
      [
        'test/client/real-broker',
        'loses no request when a broker that others replace drains its kept connections',
      ],
    ],
    'many scope sets after an outage': [
      [
        'test/simulation/recovery',
        'of a server that %s, all scope sets that wait are let in within 3 s of the first',
      ],
    ],
    'settings read without descriptors': [
      [
        `${settings}/settings-file.transient`,
        'is repeated until it succeeds, so that a removed consumer is gone',
      ],
    ],
    'connections to Redis that a NAT forgot': [
      [
        'test/chaos/forgotten-connections',
        'a token that all %i replicas are asked for costs one token request',
      ],
    ],
    'a replica whose clock is off': [
      [`${tokens}/upstream`, 'a refused assertion of a replica whose clock is off'],
    ],
    'Redis that loads, is busy, full, a replica, a node of a Cluster, or without its log-in': [
      ['test/redis/server-states', 'a Redis that answers commands of a running broker with an error'],
      [
        'test/redis/server-states',
        'refuses writes, which is no outage, and is in use when it is a primary again',
      ],
      [
        'test/redis/server-states',
        'is said to refuse the log-in, and is in use again when the password is right',
      ],
    ],
    'settings written in halves': [
      [`${settings}/settings-file.written`, 'is never put in force by halves, though the first one is valid'],
    ],
    'keys on a full disk': [
      [
        'test/e2e/managed-keys',
        'are made as soon as there is space for them, without a restart, and a full disk is named until then',
      ],
      ['apps/broker/src/core/folder-signing-key-store', 'stay as they were when the disk is full'],
    ],
    'addresses that a proxy writes in its own way': [
      ['apps/broker/src/core/addresses', 'IPv4 that a proxy maps, in hexadecimal'],
      ['apps/broker/src/core/addresses', 'without the port that a proxy appends'],
    ],
    'a secret written in halves': [
      ['test/e2e/credential-change', 'fails no request when the file is written in two halves'],
    ],
    'large settings': [
      ['test/http/reload-large', 'a reload of settings with %s holds up no answer for more than 20 ms'],
      [`${settings}/settings-file.large`, 'settings with 10,000 consumers, more than 1 MiB, are read'],
    ],
    'a small heap': [
      ['test/e2e/small-heap', 'serves more tokens than fit there, and the first of them again'],
      ['test/e2e/small-heap', 'lets %i tokens of %i characters end no process with a heap of %i MB'],
    ],
    'SIGHUP, SIGUSR1': [
      ['test/e2e/signals', 'leaves the broker running'],
      ['test/e2e/signals', 'opens no inspector'],
      ['test/e2e/signals', '%s does not end it'],
    ],
    'an old Redis': [['test/redis/server-requirements', 'in %j is outdated when it is below 6.2: %s']],
    'an ACL without channels': [
      ['test/redis/server-requirements', 'without channels is said to lack them, once, and is no outage'],
      ['test/tool/doctor-environment', 'an ACL user without channels'],
    ],
    'Redis in protected mode': [
      ['test/tool/doctor-environment', 'protected mode'],
      ['apps/broker/src/core/log', 'is logged as JSON, the same line once a minute'],
    ],
    'a start beside Redis': [
      [
        'libs/redis/src/connection/state-reports',
        'do not say that a Redis is down which starts beside the broker (%s)',
      ],
    ],
    'another management port': [['test/tool/start', 'health asks the management port of the settings']],
    'an old Node.js': [
      ['test/tool/start', 'Node.js %s is refused in one line that names the version needed'],
    ],
    'paths behind a prefix': [['test/http/refusals', 'means nothing: %s']],
    'large tokens and WebSockets by nginx': [
      ['test/consumers/nginx', 'puts a token of %d KiB on the call'],
      ['test/consumers/nginx', 'keeps its connections to the API'],
      ['test/consumers/nginx', 'opens %s'],
    ],
  },
  attackers: {
    'an expired token put back': [
      [
        'test/redis/hostile-writer',
        'makes no token live longer: one that has expired is removed, whatever its PX says',
      ],
      ['test/redis/hostile-writer', 'makes no token seem younger than it is'],
    ],
    'values out of bounds in Redis': [
      ['test/redis/hostile-writer', 'stops no client by a cool-down of 31,000 years'],
      ['test/redis/hostile-writer', 'holds no lock for longer than a replica could'],
      ['test/redis/hostile-writer', 'uses up no budget by counters that are %s'],
      ['test/redis/hostile-writer', 'breaks no schedule by infinite instants'],
      ['test/redis/hostile-writer', 'makes no replica read a value of 100 MB'],
      ['test/redis/hostile-writer', 'fails no waiter by an old failure that is published again'],
    ],
    'pipelines that are not read': [
      ['test/abuse/unread-pipelines', 'connections that pipeline requests and never read'],
    ],
    'thousands of scopes': [['test/http/refusals', 'is refused: more than 100 scopes']],
    'wrong keys without end': [
      ['test/http/refusals', 'is refused: a credential over 4 KiB'],
      ['test/http/refusals', 'is limited by address: refused credentials; known ones are served on'],
    ],
    'X-Accel-Redirect': [['test/consumers/nginx', 'ignores an API whose X-Accel-Redirect names %s']],
    'tokens to other origins': [
      [
        'libs/client/src/undici',
        'undici interceptor after a redirect to another origin, followed %s: no token, no report',
      ],
      ['libs/client/src/axios', 'axios with an absolute URL elsewhere: no token, no report'],
    ],
    'a key that was withdrawn': [
      [
        'libs/workloads/src/workload-verifier',
        'is not accepted after its issuer has withdrawn the key that signed it',
      ],
    ],
    'metadata that name the loopback': [
      [
        'libs/workloads/src/issuer-client',
        'does not follow metadata of an https issuer to the loopback (%s)',
      ],
      [`${oauth}/request/process-metadata`, 'an alias for mutual TLS on the loopback'],
    ],
    'DNS rebinding': [
      ['test/management/tokens', 'reaches nothing: %s by a name of public DNS is answered 421'],
    ],
    'a scope of 140 KB': [[response, 'over 4 KiB is malformed']],
    'refusals without an audit line': [['test/http/refusals', 'has an id and an audit line: %s']],
    'secrets in manifests': [['test/kubernetes/wiring', 'holds no secret']],
  },
  'what was said wrong': {
    'preload after a wrong and a right secret': [
      [
        'test/e2e/credential-restart',
        'without Redis a wrong secret, then the right one, renews what is in use and what is preloaded',
      ],
    ],
    'a few failed requests': [
      ['deploy/prometheus/tests/days.yaml', 'Requests for tokens of client rabot fail at a high rate'],
      ['deploy/prometheus/tests/days.yaml', '1% of the requests for tokens of client rabot fail'],
      ['test/prometheus/rules', 'fires and resolves as %s says'],
    ],
    'a back-off of 15 minutes': [
      ['deploy/prometheus/tests/tokens.yaml', 'Client rabot has been in back-off for 15 minutes'],
    ],
    'the name of another': [
      ['test/tool/doctor-tls', 'is for another host name'],
      ['apps/broker/src/core/known-consumers', 'has both names in the log when they are not the same'],
    ],
    'a failed "Renew now"': [
      [
        'test/management/tokens',
        'leaves the row of a healthy token to its own renewal, and names one next attempt',
      ],
    ],
    'fields of a report': [
      [
        'test/http/refusals',
        'an unknown field in a report of a rejected token is answered with the required one',
      ],
    ],
    'the level of a 503': [
      [
        'test/http/refusals',
        'a failure of the authorization server is logged as a warning, with whole seconds',
      ],
    ],
    'another subject': [[request, 'fails when the file %s, sends nothing, and says so']],
    'a transient error': [
      ['apps/broker/src/core/active-settings', '%s are tried again with each check, and that is said once'],
    ],
    'an empty last page': [
      [
        'apps/broker/src/management/token-list',
        'are full or the last, and none is empty: %d cached, %d only planned',
      ],
    ],
  },
};

describe.each(Object.entries(reports))('of %s', (_, rows) => {
  it.each(Object.entries(rows))('%s has its tests', (_row, shown) => {
    const missing = shown.filter(([file, title]) => !textOf(file).includes(title));
    expect(missing).toEqual([]);
  });
});

const page = readFileSync(join(top, 'docs/reference/compatibility.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| (?!-)/.test(line) && !/shown by \||responses \||client package \|/.test(line));

describe('docs/reference/compatibility.md', () => {
  it.each(rows.map((row) => row.slice(2)))('names a test or its responses for %s', (row) => {
    const files = [...row.matchAll(/\]\(\.\.\/\.\.\/([^)]+\.ts)\)/g)].map(([, file]) => file!);
    expect(files.filter((file) => /\.test\.ts$|^test\/vendors\//.test(file))).not.toEqual([]);
    expect(files.filter((file) => !existsSync(join(top, file)))).toEqual([]);
  });
});

/** Titles may be broken over lines by escapes only: they are compared as they are written. */
function textOf(file: string): string {
  const name = file.endsWith('.yaml') ? file : `${file}.test.ts`;
  return readFileSync(join(top, name), 'utf8').replaceAll("\\'", "'");
}
