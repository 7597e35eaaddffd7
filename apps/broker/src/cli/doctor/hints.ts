import type { ClientSubject } from './client-subject.js';
import { oddities } from './credential-text.js';
import { mixedEnvironments } from './environment-words.js';
import type { FindingCode } from './finding.js';
import type { Sighting } from './sighting.js';

export interface HintContext {
  subject: ClientSubject;
  sighting: Sighting;
  /** Milliseconds after which the authorization server wants to be asked again. */
  retryAfter: number | undefined;
  /** Names of variables that tell programs of a proxy, as far as they are set. */
  proxyVariables: readonly string[];
}

type Hints = (context: HintContext) => string[];

/** What particulars point to the cause, by the cause; the failure's own words tell the general way out. */
const table: Partial<Record<FindingCode, Hints>> = {
  credential_refused: (context) => [...credential(context.subject), ...assertion(context)],
  scope_not_assigned: ({ subject }) => [`${subject.scopesPlace} says that they are assigned`],
  throttled: ({ retryAfter }) => [
    retryAfter === undefined
      ? 'it does not say how long: leave it alone for some minutes'
      : `ask again after ${Math.ceil(retryAfter / 1000)} s (its Retry-After), and do not run the doctor before`,
  ],
  server_down: ({ retryAfter, sighting }) => [
    ...(retryAfter === undefined ? [] : [`it says to ask again after ${Math.ceil(retryAfter / 1000)} s`]),
    ...(sighting.isPage || sighting.hasVia ? [intermediary] : []),
  ],
  answer_is_a_page: () => [intermediary, 'or the address is that of a web page, not of the token endpoint'],
  wrong_endpoint: ({ sighting }) => (sighting.isPage || sighting.hasVia ? [intermediary] : []),
  metadata_unusable: ({ sighting }) => (sighting.isPage || sighting.hasVia ? [intermediary] : []),
  refused_connection: proxy,
  unreachable: proxy,
  name_unresolved: proxy,
  no_answer: proxy,
  tls_expired: () => [
    'only whoever runs the authorization server can renew it; check the clock of this machine, too',
  ],
  tls_not_yet_valid: () => ['the clock of this machine is behind perhaps'],
  tls_wrong_name: () => ['name the host that stands in the certificate, in tokenEndpoint or issuer'],
  tls_unknown_authority: ({ subject }) => [
    subject.hasCa
      ? 'ca of this client must hold the authority that signed it, and those between: it replaces those of Node.js'
      : "an authority of the company's own has to be named in ca of this client",
    'a proxy that looks into TLS shows itself in this way, too',
  ],
  tls_not_spoken: () => ['the port is that of plain HTTP perhaps, or a proxy answers'],
  tls_client_certificate: () => [
    'check certificate and key of this client, and which authority the server trusts',
  ],
  proxy_log_in: () => ['let the broker reach the authorization server without that proxy'],
};

const intermediary = 'a proxy, gateway or login page in front of it answers perhaps';

/** Undefined causes have none. */
export function hintsFor(cause: FindingCode, context: HintContext): string[] {
  return table[cause]?.(context) ?? [];
}

function credential(subject: ClientSubject): string[] {
  const { credentials, names, sharing, url } = subject;
  return [
    ...credentials.flatMap(({ place, text }) => oddities(text).map((words) => `${place} ${words}`)),
    ...mixedEnvironments(url.hostname, names),
    ...sharing.map((words) => `${words}: one of the two is of the other environment perhaps`),
  ];
}

function assertion({ subject, sighting }: HintContext): string[] {
  const { skew = 0 } = sighting;
  if (subject.clientAuthentication !== 'private_key_jwt' || Math.abs(skew) < 30_000) return [];
  return [
    'the clocks differ, and an assertion that seems expired or not yet valid is refused like a wrong one',
  ];
}

function proxy({ proxyVariables }: HintContext): string[] {
  if (proxyVariables.length === 0) return [];
  return [
    `${proxyVariables.join(' and ')} name a proxy, which the broker does not use: it needs a direct way there`,
  ];
}
