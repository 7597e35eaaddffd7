import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import { metricNames } from './metric-names.js';

/** One request sent to an authorization server. */
export interface SentTokenRequest {
  client: string;
  /** `ok`, or the reason of the failure. */
  outcome: string;
  /** Milliseconds. */
  duration: number;
}

/** Renewals, locks and the store, counted from the events of tokens. */
export class TokenMetrics implements TokenEvents {
  readonly #renewals;
  readonly #failures;
  readonly #lag;
  readonly #oddities;
  readonly #keyReads;
  readonly #locks;
  readonly #storeErrors;
  readonly #storeUp;
  readonly #lockHold;
  readonly #sent;
  readonly #sentDuration;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers });
    this.#renewals = counter(metricNames.renewals, 'Renewals of tokens.', 'client', 'trigger', 'outcome');
    this.#failures = counter(metricNames.renewalFailures, 'Renewals that failed.', 'client', 'reason');
    this.#oddities = counter(
      metricNames.tokenAnswerOddities,
      'Token responses with an anomaly that were used all the same.',
      'client',
      'oddity',
    );
    this.#keyReads = counter(
      metricNames.keyReads,
      'Reads of the public keys of an authorization server, by the connection of a client.',
      'client',
      'outcome',
    );
    this.#locks = counter(
      metricNames.lockAcquisitions,
      'Attempts to acquire a renewal lock, by outcome.',
      'outcome',
    );
    this.#storeErrors = counter(
      metricNames.storeErrors,
      'Operations of a token store that failed.',
      'operation',
    );
    this.#storeUp = new Gauge({
      name: metricNames.storeUp,
      help: '1 while the token store works; 0 while Redis is down and this replica works alone.',
      registers,
    });
    this.#storeUp.set(1);
    this.#sent = counter(
      metricNames.tokenRequests,
      'Token requests sent to the authorization server.',
      'client',
      'outcome',
    );
    this.#sentDuration = new Histogram({
      name: metricNames.tokenRequestDuration,
      help: 'Seconds to a response of the authorization server.',
      labelNames: ['client'],
      // To its timeout: 10 s, unless the settings say otherwise.
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#lag = new Histogram({
      name: metricNames.renewalLag,
      help: 'Seconds by which renewals of the schedule start late.',
      // The schedule ticks each second, so up to 1 s is normal; a replica's local schedule runs 5 to 10 s behind.
      buckets: [0.1, 0.25, 0.5, 1, 1.5, 2, 5, 10, 15, 30, 60, 300],
      registers,
    });
    this.#lockHold = new Histogram({
      name: metricNames.lockHold,
      help: 'Seconds for which the lock of a renewal was held.',
      // A read of the store takes milliseconds, a token request up to its timeout; from 3 s on the lock was extended.
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 10, 15, 30],
      registers,
    });
  }

  emit(event: TokenEvent): void {
    switch (event.type) {
      case 'renewed':
        return this.#renewals.inc({
          client: event.request.client.name,
          trigger: event.trigger,
          outcome: 'ok',
        });
      case 'renewal_failed':
        return this.#failed(event);
      case 'response_anomaly':
        return this.#oddities.inc({ client: event.request.client.name, oddity: event.oddity });
      case 'keys_read':
        return this.#keyReads.inc({ client: event.client.name, outcome: event.outcome });
      case 'lock_attempted':
        return this.#locks.inc({ outcome: event.outcome });
      case 'lock_released':
        return this.#lockHold.observe(event.held / 1000);
      case 'store_failed':
        return this.#storeErrors.inc({ operation: event.operation });
      case 'store_changed':
        return this.#storeUp.set(event.state === 'down' ? 0 : 1);
      case 'renewal_due':
        return this.#lag.observe(event.lag / 1000);
      default:
    }
  }

  sent({ client, outcome, duration }: SentTokenRequest): void {
    this.#sent.inc({ client, outcome });
    this.#sentDuration.observe({ client }, duration / 1000);
  }

  #failed({ request, trigger, failure }: Extract<TokenEvent, { type: 'renewal_failed' }>): void {
    const client = request.client.name;
    this.#renewals.inc({ client, trigger, outcome: failure.reason });
    this.#failures.inc({ client, reason: failure.reason });
  }
}
