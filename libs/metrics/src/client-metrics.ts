import type { Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { registerGauge } from './scraped.js';

/** What is known now of a client of the active settings. */
export interface ClientGauges {
  name: string;
  isCoolingDown: boolean;
  isRefused: boolean;
  /** Of a changed credential that is tried while the former one stays in force; undefined when none is. */
  isTrialRefused: boolean | undefined;
  credentials: number;
  /** Counts from 1; undefined before the first token. */
  credentialInUse: number | undefined;
  /** By position; milliseconds since 1970, undefined where it is not known. */
  credentialExpiries: readonly (number | undefined)[];
  budget: number;
  budgetUsed: number;
  /** Milliseconds by which its authorization server's clock is ahead of ours; undefined when not measured lately. */
  skew: number | undefined;
  /** By the rate-limit fields of its authorization server's last response. */
  requestsRemaining: number | undefined;
  quotas: readonly QuotaGauge[];
}

export interface QuotaGauge {
  window: string;
  limit: number;
  used: number;
  /** Milliseconds since 1970; undefined when it will not be used up. */
  usedUpAt: number | undefined;
}

/** Milliseconds by which the clock of a peer is ahead of ours; undefined when it was not measured lately. */
export interface PeerSkew {
  peer: string;
  skew: number | undefined;
}

/** Registers the clients of the settings: read at each scrape, so that the series of a removed client end. */
export function exposeClients(
  registry: Registry,
  snapshot: () => readonly ClientGauges[],
  peers: () => readonly PeerSkew[] = () => [],
): void {
  const gauge = (name: string, help: string, valueOf: (client: ClientGauges) => number | undefined) =>
    registerGauge(registry, name, help, ['client'], () =>
      snapshot().map((client) => [{ client: client.name }, valueOf(client)]),
    );
  gauge(
    metricNames.cooldownActive,
    '1 while the client is cooling down: no token request is sent, because the last ones failed.',
    ({ isCoolingDown }) => Number(isCoolingDown),
  );
  gauge(
    metricNames.credentialRefused,
    '1 while the authorization server refuses every credential of the client, until it accepts one or they change.',
    ({ isRefused }) => Number(isRefused),
  );
  gauge(
    metricNames.credentialTrialRefused,
    'While a changed credential of the client is tried and the former one stays in force: 1 when it is refused, else 0.',
    ({ isTrialRefused }) => (isTrialRefused === undefined ? undefined : Number(isTrialRefused)),
  );
  gauge(metricNames.budget, 'Token requests per minute that the client may send.', ({ budget }) => budget);
  gauge(
    metricNames.budgetUsed,
    'Token requests of the last minute, of all replicas, as last seen by this one.',
    ({ budgetUsed }) => budgetUsed,
  );
  gauge(
    metricNames.requestsRemaining,
    'Requests that the authorization server still grants, by the rate-limit fields of its last response.',
    ({ requestsRemaining }) => requestsRemaining,
  );
  exposeClockSkew(registry, snapshot, peers);
  exposeCredentials(registry, snapshot);
  exposeQuotas(registry, snapshot);
}

function exposeClockSkew(
  registry: Registry,
  snapshot: () => readonly ClientGauges[],
  peers: () => readonly PeerSkew[],
): void {
  registerGauge(
    registry,
    metricNames.clockSkew,
    "Seconds by which the clock of a client's authorization server, or of another peer such as Redis, is ahead of ours, as measured within the last hour; 0 when below 1 s.",
    ['client', 'peer'],
    () => [
      ...snapshot().map(({ name, skew }) => [{ client: name }, skew && skew / 1000] as const),
      ...peers().map(
        ({ peer, skew }) => [{ peer }, skew && (Math.abs(skew) < 1_000 ? 0 : skew / 1000)] as const,
      ),
    ],
  );
}

/** Shows when a rotation is complete, and when one is due. */
function exposeCredentials(registry: Registry, snapshot: () => readonly ClientGauges[]): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (client: ClientGauges, index: number) => number | undefined,
  ) =>
    registerGauge(registry, name, help, ['client', 'credential'], () =>
      snapshot().flatMap((client) =>
        Array.from(
          { length: client.credentials },
          (_, index) =>
            [{ client: client.name, credential: String(index + 1) }, valueOf(client, index)] as const,
        ),
      ),
    );
  gauge(
    metricNames.credentialInUse,
    '1 for the credential that obtained the last token of the client, counted from 1 in the order of the settings.',
    ({ credentialInUse: used }, index) => (used === undefined ? undefined : Number(used === index + 1)),
  );
  gauge(
    metricNames.credentialExpiry,
    'When a credential expires, by the settings or its certificate: Unix time. Absent where that is not known.',
    ({ credentialExpiries }, index) => {
      const expiry = credentialExpiries[index];
      return expiry === undefined ? undefined : expiry / 1000;
    },
  );
}

function exposeQuotas(registry: Registry, snapshot: () => readonly ClientGauges[]): void {
  const gauge = (name: string, help: string, valueOf: (quota: QuotaGauge) => number | undefined) =>
    registerGauge(registry, name, help, ['client', 'window'], () =>
      snapshot().flatMap(({ name: client, quotas }) =>
        quotas.map((quota) => [{ client, window: quota.window }, valueOf(quota)] as const),
      ),
    );
  gauge(metricNames.quota, 'Token requests that the client may send in a window.', ({ limit }) => limit);
  gauge(
    metricNames.quotaUsed,
    'Token requests of the window until now, of all replicas, as last seen by this one.',
    ({ used }) => used,
  );
  gauge(
    metricNames.quotaUsedUp,
    'When the quota is used up at the present rate: Unix time. Absent when it is not.',
    ({ usedUpAt }) => usedUpAt && usedUpAt / 1000,
  );
}

/** Registers when each client gets another signing key, of those that the broker makes itself. */
export function exposeSigningKeys(
  registry: Registry,
  rotations: () => readonly { client: string; at: number }[],
): void {
  registerGauge(
    registry,
    metricNames.signingKeyRotation,
    'When the broker announces another signing key of the client (`keys: managed`): Unix time. In the past: it could not.',
    ['client'],
    () => rotations().map(({ client, at }) => [{ client }, at / 1000]),
  );
}
