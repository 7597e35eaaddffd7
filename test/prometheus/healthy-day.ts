import { metricNames as names } from '#metrics/metric-names.js';

const minutes = Array.from({ length: 24 * 60 + 1 }, (_, minute) => minute);
const [none, blip] = [undefined, 15 * 60];

/** What a series is at each minute; undefined when it is not there. */
type Course = (minute: number) => number | undefined;

interface Series {
  series: string;
  values: string;
}

/**
 * A day of three replicas as promtool's input: renewals at their usual rates, with what belongs to a day as well. A new
 * version is rolled out at 10:00, a renewal fails once at 12:00, Redis fails over at 15:00, and a token lapses at 20:00.
 */
export function healthyDay(): Series[] {
  return [
    ...[1, 2, 3].flatMap(replica),
    ...[1, 2, 3].flatMap((n) => [
      ...token(n, 'rabot', 'api:partner', 60, 48),
      ...token(n, 'rabot', 'api:partner create:orders', 60, 47),
      ...token(n, 'short', 'a', 5, 4),
      ...token(n, 'rabot', 'role:finance-reporting', 60, 48, 20 * 60),
    ]),
  ];
}

/** The minute at which a replica begins anew, with the new version. */
const startOf = (n: number) => 10 * 60 + 2 * n;

/** At its start a replica is away for a minute. */
function own(n: number, name: string, labels: string, course: Course): Series {
  return series(name, n, labels, (minute) => (minute === startOf(n) ? none : course(minute)));
}

/** Begins anew with the replica. */
function counter(n: number, perMinute: number): Course {
  return (minute) => Math.floor(perMinute * (minute < startOf(n) ? minute : minute - startOf(n)));
}

const always =
  (value: number): Course =>
  () =>
    value;

function replica(n: number): Series[] {
  return [
    series('up', n, '', (minute) => Number(minute !== startOf(n))),
    ...['rabot', 'short'].flatMap((client) => [...requestsOf(n, client), ...gaugesOf(n, client)]),
    own(n, names.storeUp, '', (minute) => Number(minute !== blip)),
    own(n, names.lockAcquisitions, 'outcome="acquired"', counter(n, 0.2)),
    own(n, names.lockAcquisitions, 'outcome="error"', (minute) => (minute < blip ? 0 : 3)),
    own(n, names.renewalOverdue, '', (minute) => (minute === blip ? 8 : minute % 2)),
    own(n, names.settingsLastReloadSuccessful, '', always(1)),
    own(n, names.workloadKeyFailures, 'issuer="cluster"', (minute) => Number(minute >= blip)),
  ];
}

function requestsOf(n: number, client: string): Series[] {
  const of = (name: string, labels: string, course: Course) =>
    own(n, name, `client="${client}", ${labels}`, course);
  return [
    of(names.requests, 'source="memory", outcome="served"', counter(n, 600)),
    of(names.requests, 'source="none", outcome="access_denied"', counter(n, 20)),
    of(names.requests, 'source="none", outcome="temporarily_unavailable"', once(n, 2)),
    of(names.renewals, 'trigger="schedule", outcome="ok"', counter(n, 0.1)),
    of(names.renewals, 'trigger="schedule", outcome="unavailable"', once(n, 1)),
    of(names.renewalFailures, 'reason="unavailable"', once(n, 1)),
  ];
}

function gaugesOf(n: number, client: string): Series[] {
  const of = (name: string, course: Course) => own(n, name, `client="${client}"`, course);
  return [
    of(names.cooldownActive, (minute) => Number(n === 1 && minute === 12 * 60)),
    of(names.credentialRefused, always(0)),
    of(names.budget, always(60)),
    of(names.budgetUsed, (minute) => 3 + (minute % 7)),
    of(names.clockSkew, (minute) => (minute % 5) - 2),
    own(n, names.credentialInUse, `client="${client}", credential="1"`, always(1)),
  ];
}

/** Fails so often at 12:00, on the first replica. */
function once(replicaNumber: number, times: number): Course {
  return (minute) => (replicaNumber === 1 && minute >= 12 * 60 ? times : 0);
}

/** Renewed in time until nobody asks for it any more; then it lapses. All in minutes. */
function token(
  n: number,
  client: string,
  scopes: string,
  life: number,
  renewedAfter: number,
  until = Infinity,
): Series[] {
  const labels = `client="${client}", scopes="${scopes}"`;
  const issuedAt = (minute: number) => Math.floor(Math.min(minute, until) / renewedAfter) * renewedAfter;
  const at =
    (after: number): Course =>
    (minute) => {
      const issued = issuedAt(minute);
      return minute < issued + life ? (issued + after) * 60 : none;
    };
  return [
    series(names.tokenExpiry, n, labels, at(life)),
    series(names.tokenRenewal, n, labels, at(renewedAfter)),
  ];
}

function series(name: string, n: number, labels: string, course: Course): Series {
  const all = ['job="token-broker"', `instance="broker-${n}:9090"`, labels].filter(Boolean).join(', ');
  const values = minutes.map((minute) => course(minute) ?? 'stale').join(' ');
  return { series: `${name}{${all}}`, values };
}
