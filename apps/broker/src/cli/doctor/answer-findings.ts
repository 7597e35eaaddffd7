import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { fault, type Finding, warning } from './finding.js';

/** Milliseconds. A life below the first is not kept at all, and below the second it is renewed all the time. */
const brief = { useless: 10_000, short: 120_000 };

/** What is odd about a token that came. `duration` is in milliseconds. */
export function answerFindings(request: TokenRequest, answer: TokenResponse, duration: number): Finding[] {
  return [
    ...scopeFindings(request, answer),
    ...lifetimeFindings(request.client, answer),
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
      fault('scope_narrower', `Asked for ${asked}, granted ${granted.size > 0 ? granted : 'nothing'}.`, [
        `not granted: ${missing}. Have it assigned to client ${client.name} at the authorization server, or take it out of scopes and allow`,
      ]),
    );
  }
  if (more.size > 0) {
    findings.push(
      warning('scope_wider', `Asked for ${asked}, granted ${granted}.`, [
        'whoever gets this token can do more than its allow list says',
      ]),
    );
  }
  return findings;
}

function lifetimeFindings({ options }: Client, { lifetime, anomalies }: TokenResponse): Finding[] {
  const seconds = lifetime / 1000;
  const findings: Finding[] = [];
  if (anomalies.includes('lifetime_assumed')) {
    findings.push(
      warning('lifetime_missing', `The answer has no expires_in: the broker takes ${seconds} s.`, [
        `set defaultLifetime (${options.defaultLifetime / 1000}) to what the authorization server says its tokens live`,
      ]),
    );
  }
  if (anomalies.includes('lifetime_capped')) {
    findings.push(warning('lifetime_capped', 'The broker renews after 24 hours at the latest.'));
  }
  if (lifetime < brief.useless) {
    findings.push(
      fault('lifetime_short', `The token lives ${seconds} s.`, [
        'it is handed out once and not kept: nearly each request of a consumer costs a token request. Have the lifetime raised there',
      ]),
    );
  } else if (lifetime < brief.short) {
    findings.push(
      warning('lifetime_short', `The token lives ${seconds} s.`, [
        'it is renewed that often, out of maxTokenRequestsPerMinute. Have the lifetime raised there',
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
      'whoever asks while no token is there waits that long',
    ]),
  ];
}
