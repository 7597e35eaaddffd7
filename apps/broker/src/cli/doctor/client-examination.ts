import { lookup } from 'node:dns/promises';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { ConnectedClient } from '../../core/connected-client.js';
import { answerFindings } from './answer-findings.js';
import type { ClientSubject } from './client-subject.js';
import { causeOfFailure } from './cause-of-failure.js';
import { connectionFindings } from './connection-findings.js';
import { fault, type Finding, warning } from './finding.js';
import { hintsFor } from './hints.js';
import type { ClientReport, RequestReport } from './report.js';
import type { Sighting } from './sighting.js';
import { TokenAttempts } from './token-attempts.js';
import type { WantedScopeSet } from './wanted-scope-sets.js';

/** Scope sets that are asked for at most: the doctor must not use up what the broker may need. */
const most = 10;

export interface ExaminationContext {
  clock: Clock;
  proxyVariables: readonly string[];
  progress(text: string): void;
}

/** Asks the authorization server of one client for a token of each scope set that is wanted, one after the other. */
export class ClientExamination {
  readonly #attempts: TokenAttempts;
  readonly #findings = new Map<string, Finding>();
  #skew: number | undefined;

  constructor(
    private readonly subject: ClientSubject,
    private readonly client: ConnectedClient,
    private readonly context: ExaminationContext,
  ) {
    this.#attempts = new TokenAttempts(client, context.clock);
  }

  async run(wanted: readonly WantedScopeSet[]): Promise<ClientReport> {
    const { name, url } = this.subject;
    this.context.progress(`${name}: looking up ${url.hostname}`);
    const addresses = await addressesOf(url.hostname);
    const { requests, because } = await this.#askAll(wanted);
    const left = wanted.length - requests.length;
    return {
      client: name,
      authorizationServer: url.href,
      addresses,
      ...(this.#skew !== undefined && { clockSkew: Math.round(this.#skew / 1000) }),
      requests,
      ...(left > 0 && { notAsked: { scopeSets: left, because } }),
      findings: [...this.#findings.values()],
    };
  }

  /** Stops where asking on would only repeat a failure: repeated wrong log-ins lock accounts. */
  async #askAll(wanted: readonly WantedScopeSet[]): Promise<{ requests: RequestReport[]; because: string }> {
    const { name, options } = this.client;
    const limit = Math.max(1, Math.min(most, Math.floor(options.maxTokenRequestsPerMinute / 2)));
    const requests: RequestReport[] = [];
    for (const one of wanted.slice(0, limit)) {
      this.context.progress(`${name}: asking for ${one.request.scopes} (${requests.length + 1})`);
      const { report, goesOn } = await this.#ask(one);
      requests.push(report);
      if (!goesOn) return { requests, because: 'they would fail alike' };
    }
    return { requests, because: `${limit} are the most that are asked for` };
  }

  async #ask({ request, wantedBy }: WantedScopeSet): Promise<{ report: RequestReport; goesOn: boolean }> {
    const { outcome, sighting, milliseconds, isSecond } = await this.#attempts.attempt(request);
    this.#note(connectionFindings(sighting, this.context.clock.wallTime()));
    if (isSecond && !(outcome instanceof UpstreamFailure)) this.#note([firstSecretRefused]);
    this.#skew ??= sighting.skew;
    const base = { scopes: String(request.scopes), wantedBy, milliseconds: Math.round(milliseconds) };
    if (outcome instanceof UpstreamFailure) {
      const report = { ...base, findings: [this.#diagnosis(outcome, sighting)] };
      return { report, goesOn: outcome.cooldownScope === 'request' && outcome.reason !== 'malformed' };
    }
    const { scopes, lifetime } = outcome;
    const findings = answerFindings(request, outcome, milliseconds);
    const report = { ...base, granted: String(scopes), lifetime: lifetime / 1000, findings };
    return { report, goesOn: true };
  }

  #diagnosis(failure: UpstreamFailure, sighting: Sighting): Finding {
    const cause = causeOfFailure(failure, sighting);
    const { subject, context } = this;
    const { retryAfter } = failure;
    const { proxyVariables } = context;
    return fault(cause, failure.message, hintsFor(cause, { subject, sighting, retryAfter, proxyVariables }));
  }

  #note(findings: readonly Finding[]): void {
    for (const finding of findings)
      if (!this.#findings.has(finding.code)) this.#findings.set(finding.code, finding);
  }
}

const firstSecretRefused = warning(
  'first_secret_refused',
  'The broker tries the first one first, each time it is started.',
  ['it is not in force there yet, or it is over: then take it out of clientSecret'],
);

/** None when the name does not resolve: the token request tells why. */
async function addressesOf(hostname: string): Promise<string[]> {
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
