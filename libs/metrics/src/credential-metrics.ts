import { Gauge, type Registry } from 'prom-client';
import type { Client } from '#tokens/client.js';
import { metricNames } from './metric-names.js';

/** Which credential of each client brought its last token: tells when a rotation is through. */
export class CredentialMetrics {
  readonly #clients = new Map<string, { credentials: number; inUse: number }>();

  constructor(registry: Registry) {
    const clients = this.#clients;
    const gauge = new Gauge({
      name: metricNames.credentialInUse,
      help: '1 for the credential that brought the last token of the client, counted from 1 in the order of the settings.',
      labelNames: ['client', 'credential'],
      registers: [],
      collect() {
        // Anew each time: the series of a credential that has left the settings goes.
        this.reset();
        for (const [client, { credentials, inUse }] of clients) {
          for (let one = 1; one <= credentials; one++) {
            this.set({ client, credential: String(one) }, one === inUse ? 1 : 0);
          }
        }
      },
    });
    registry.registerMetric(gauge);
  }

  /** @param inUse counts from 1 */
  used({ name, options }: Client, inUse: number): void {
    this.#clients.set(name, { credentials: options.credentials.length, inUse });
  }
}
