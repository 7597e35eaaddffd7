import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { fault, type Finding, warning } from './finding.js';
import { X509Certificate } from 'node:crypto';
import { pluralize } from '../output.js';
import type { Observation } from './wire-observer.js';

/** Milliseconds. A life below the first is not kept at all, and below the second it is renewed all the time. */
const brief = { useless: 10_000, short: 120_000 };

/** What is odd about a token that came. `duration` is in milliseconds. */
export function responseFindings(
  request: TokenRequest,
  response: TokenResponse,
  duration: number,
): Finding[] {
  return [
    ...scopeFindings(request, response),
    ...lifetimeFindings(request.client, response),
    ...bindingFindings(response),
    ...slowness(request.client, duration),
  ];
}

function scopeFindings(
  { client, scopes: asked }: TokenRequest,
  { scopes: granted, anomalies }: TokenResponse,
) {
  if (!anomalies.includes('scope_differs')) return [];
  const { impliedScopes } = client.options;
  const missing = asked.minus(impliedScopes.closure(granted));
  const more = granted.minus(impliedScopes.closure(asked));
  const findings: Finding[] = [];
  if (missing.size > 0) {
    findings.push(
      fault('scope_narrower', `Requested ${asked}, granted ${granted.size > 0 ? granted : 'nothing'}.`, [
        `not granted: ${missing}. Have it assigned to client ${client.name} at the authorization server, or remove it from scopes and allow; where a granted scope includes it, say so in impliedScopes`,
      ]),
    );
  }
  if (more.size > 0) {
    findings.push(
      warning('scope_wider', `Requested ${asked}, granted ${granted}.`, [
        'a consumer that gets this token can do more than its allow list says',
      ]),
    );
  }
  return findings;
}

function bindingFindings({ anomalies }: TokenResponse): Finding[] {
  if (!anomalies.includes('certificate_bound')) return [];
  return [
    warning(
      'token_bound',
      'The token (cnf) can be used only over a connection with the certificate, or key, of the client.',
      [
        'consumers do not have it: disable certificate-bound tokens for this client at the authorization server',
      ],
    ),
  ];
}

function lifetimeFindings({ options }: Client, { lifetime, anomalies }: TokenResponse): Finding[] {
  const seconds = lifetime / 1000;
  const findings: Finding[] = [];
  if (anomalies.includes('lifetime_assumed')) {
    findings.push(
      warning('lifetime_missing', `The response has no expires_in: the broker assumes ${seconds} s.`, [
        `set defaultLifetime (${options.defaultLifetime / 1000}) to the lifetime that the authorization server documents`,
      ]),
    );
  }
  if (anomalies.includes('lifetime_capped')) {
    findings.push(
      warning('lifetime_capped', 'The broker uses a token for maxLifetime at most (24 hours by default).'),
    );
  }
  if (lifetime < brief.useless) {
    findings.push(
      fault('lifetime_short', `The token lives ${seconds} s.`, [
        'it is served once and not cached, so nearly every request of a consumer costs a token request. Have the lifetime raised at the authorization server',
      ]),
    );
  } else if (lifetime < brief.short) {
    findings.push(
      warning('lifetime_short', `The token lives ${seconds} s.`, [
        'each renewal counts towards maxTokenRequestsPerMinute. Have the lifetime raised at the authorization server',
      ]),
    );
  }
  return findings;
}

function slowness({ options }: Client, duration: number): Finding[] {
  if (duration <= options.timeout / 4) return [];
  const [took, timeout] = [duration, options.timeout].map((milliseconds) => (milliseconds / 1000).toFixed(1));
  return [
    warning('slow', `It took ${took} s; the timeout of this client is ${timeout} s.`, [
      'a consumer that asks while no token is cached waits that long',
    ]),
  ];
}

const seconds = 1_000;
const day = 24 * 3_600 * seconds;

/** Milliseconds. Below this, the resolution of the header and a slow response explain it. */
const noticed = 30 * seconds;
const soon = 14 * day;

/** What is odd about a connection that works. `now`: milliseconds since 1970. */
export function connectionFindings({ skew, certificateEndsAt }: Observation, now: number): Finding[] {
  const findings: Finding[] = [];
  if (skew !== undefined && Math.abs(skew) > noticed) {
    const side = skew > 0 ? 'ahead of' : 'behind';
    findings.push(
      warning(
        'clock_skew',
        `Its clock is ${Math.round(Math.abs(skew) / seconds)} s ${side} this machine's.`,
        [
          'the broker measures lifetimes by its own clock and is not affected, but client assertions (private_key_jwt) and APIs that check exp are: check NTP on both sides',
        ],
      ),
    );
  }
  const left = (certificateEndsAt ?? Infinity) - now;
  if (left > 0 && left < soon) {
    findings.push(
      warning('certificate_ends_soon', `The server's certificate expires in ${inDays(left)}.`, [
        'inform the operator of the authorization server, unless it is renewed automatically',
      ]),
    );
  }
  return findings;
}

/** Of a secret or key whose end the settings name. `expiry` and `now`: milliseconds since 1970. */
export function credentialExpiryFindings(expiry: number, now: number): Finding[] {
  const left = expiry - now;
  const hints = ['get a new one issued; the broker tries it before it replaces this one, without a restart'];
  if (left <= 0) return [fault('credential_expired', 'Its expiresAt in the settings is in the past.', hints)];
  if (left >= 30 * day) return [];
  return [warning('credential_expires_soon', `It expires in ${inDays(left)} (expiresAt).`, hints)];
}

/** Of a client that proves itself by a certificate (PEM). */
export function ownCertificateFindings(certificate: string, now: number): Finding[] {
  const left = new X509Certificate(certificate).validToDate.getTime() - now;
  const hints = ['get a new one issued; the broker loads the new files without a restart'];
  if (left <= 0)
    return [fault('client_certificate_ended', "The client's own certificate has expired.", hints)];
  if (left >= soon) return [];
  return [
    warning(
      'client_certificate_ends_soon',
      `The client's own certificate expires in ${inDays(left)}.`,
      hints,
    ),
  ];
}

function inDays(milliseconds: number): string {
  return pluralize(Math.floor(milliseconds / day), 'day');
}
