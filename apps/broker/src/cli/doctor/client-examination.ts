import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { ConnectedClient } from '../../core/connected-client.js';
import { responseFindings, connectionFindings } from './response-findings.js';
import type { ClientUnderTest } from './client-under-test.js';
import { addressesOf, addressFindings, lookupFindings, portOf } from './address-findings.js';
import { quotaFindings } from './running-findings.js';
import { rivalFindings } from './rival-findings.js';
import { keyFindings } from './key-findings.js';
import { causeOfFailure, hintsFor } from './diagnosis.js';
import { fault, type Finding, warning } from './finding.js';
import type { ClientReport, RequestReport } from './report.js';
import { type Observation, WireObserver } from './wire-observer.js';
import type { WantedScopeSet } from './wanted-scope-sets.js';
import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

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
  readonly #tokens: Secret[] = [];

  constructor(
    private readonly subject: ClientUnderTest,
    private readonly client: ConnectedClient,
    private readonly context: ExaminationContext,
  ) {
    this.#attempts = new TokenAttempts(client, context.clock);
  }

  async run(wanted: readonly WantedScopeSet[]): Promise<ClientReport> {
    const { name, url, proxy } = this.subject;
    const { hostname } = new URL(proxy ?? url);
    this.context.progress(`${name}: looking up ${hostname}`);
    const { addresses, milliseconds } = await addressesOf(hostname);
    this.#note(lookupFindings(hostname, milliseconds));
    // A server on this machine listens on one of the two loopback addresses, mostly.
    if (proxy === undefined && hostname !== 'localhost')
      this.#note(await addressFindings(addresses, portOf(url)));
    const { requests, because } = await this.#askAll(wanted);
    this.#note(await keyFindings(this.client, this.#tokens));
    this.#note(await rivalFindings(this.client, this.#tokens));
    const lifetimes = requests.flatMap(({ lifetime }) => lifetime ?? []).map((seconds) => seconds * 1_000);
    const shortest = Math.min(...lifetimes);
    const all = lifetimes.length === 0 ? [] : wanted.map((_, n) => lifetimes[n] ?? shortest);
    this.#note(quotaFindings(this.client.options, all));
    const left = wanted.length - requests.length;
    return {
      client: name,
      authorizationServer: url.href,
      ...(proxy !== undefined && { proxy }),
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
      const { report, proceed } = await this.#ask(one);
      requests.push(report);
      if (!proceed) return { requests, because: 'they would fail in the same way' };
    }
    return { requests, because: `${limit} are the most that are tried` };
  }

  async #ask({ request, wantedBy }: WantedScopeSet): Promise<{ report: RequestReport; proceed: boolean }> {
    const { outcome, observation, milliseconds, isSecond } = await this.#attempts.attempt(request);
    this.#note(connectionFindings(observation, this.context.clock.wallTime()));
    if (isSecond && !(outcome instanceof UpstreamFailure)) this.#note([firstRefused(this.subject)]);
    this.#skew ??= observation.skew;
    const base = { scopes: String(request.scopes), wantedBy, milliseconds: Math.round(milliseconds) };
    if (outcome instanceof UpstreamFailure) {
      const report = { ...base, findings: [this.#diagnosis(outcome, observation)] };
      return { report, proceed: outcome.cooldownScope === 'request' && outcome.reason !== 'malformed' };
    }
    const { scopes, lifetime, accessToken } = outcome;
    this.#tokens.push(accessToken);
    const findings = responseFindings(request, outcome, milliseconds);
    const report = { ...base, granted: String(scopes), lifetime: lifetime / 1000, findings };
    return { report, proceed: true };
  }

  #diagnosis(failure: UpstreamFailure, observation: Observation): Finding {
    const cause = causeOfFailure(failure, observation);
    const { subject, context } = this;
    const { retryAfter } = failure;
    const { proxyVariables } = context;
    return fault(
      cause,
      failure.message,
      hintsFor(cause, {
        subject,
        observation,
        retryAfter,
        proxyVariables,
        hasOAuthError: failure.upstreamError !== undefined,
      }),
    );
  }

  #note(findings: readonly Finding[]): void {
    for (const finding of findings)
      if (!this.#findings.has(finding.code)) this.#findings.set(finding.code, finding);
  }
}

function firstRefused({ rotating }: ClientUnderTest): Finding {
  return warning('first_secret_refused', 'The broker tries the first one again at each start.', [
    `it is not active there yet, or it has expired: then remove it from ${rotating}`,
  ]);
}

export interface Attempt {
  outcome: TokenResponse | UpstreamFailure;
  observation: Observation;
  milliseconds: number;
  /** By the second of two secrets, since the first was refused. */
  isSecond: boolean;
}

/** Requests tokens by the broker's own OAuth code, and observes the wire. */
export class TokenAttempts {
  readonly #observer: WireObserver;
  /** The number of the credential in use. */
  #credential = 0;

  constructor(
    private readonly client: ConnectedClient,
    private readonly clock: Clock,
  ) {
    this.#observer = new WireObserver(clock);
  }

  /** During a rotation the second secret is tried when the first is refused, once, as the broker does. */
  async attempt(request: TokenRequest): Promise<Attempt> {
    const first = await this.#attempt(request);
    const { outcome } = first;
    const isRefused = outcome instanceof UpstreamFailure && outcome.cooldownScope === 'credential';
    if (!isRefused || this.#credential + 1 >= request.client.options.credentials.length) return first;
    this.#credential += 1;
    return this.#attempt(request);
  }

  async #attempt(request: TokenRequest): Promise<Attempt> {
    const { client } = this;
    const { server } = client;
    const version = client.options.credentials[this.#credential] as string;
    const startedAt = this.clock.now();
    const { result, observation } = await this.#observer.watch(() => server.requestToken(request, version));
    const seen = { observation, milliseconds: this.clock.now() - startedAt, isSecond: this.#credential > 0 };
    if (result.status === 'fulfilled') return { outcome: result.value, ...seen };
    if (result.reason instanceof UpstreamFailure) return { outcome: result.reason, ...seen };
    throw result.reason;
  }
}
