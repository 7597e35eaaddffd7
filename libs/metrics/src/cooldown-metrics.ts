import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '#tokens/clock.js';
import type { TokenEvent, TokenEvents } from '#tokens/token-events.js';
import { metricNames } from './metric-names.js';

/** Which clients cool down now, or have a credential that does. A refused scope set is no cool-down of its client. */
export class CooldownMetrics implements TokenEvents {
  readonly #until = new Map<string, number>();

  constructor(
    registry: Registry,
    private readonly clock: Clock,
  ) {
    const isActive = (client: string) => this.isActive(client);
    const clients = this.#until;
    const active = new Gauge({
      name: metricNames.cooldownActive,
      help: '1 while no token request is sent for the client, because the last ones failed.',
      labelNames: ['client'],
      registers: [],
      collect() {
        this.reset();
        for (const client of clients.keys()) this.set({ client }, isActive(client) ? 1 : 0);
      },
    });
    registry.registerMetric(active);
  }

  isActive(client: string): boolean {
    return (this.#until.get(client) ?? 0) > this.clock.now();
  }

  /** The clients of the settings now in force. */
  replaceClients(names: readonly string[]): void {
    for (const client of this.#until.keys()) {
      if (!names.includes(client)) this.#until.delete(client);
    }
    for (const client of names) this.#until.set(client, this.#until.get(client) ?? 0);
  }

  emit(event: TokenEvent): void {
    if (event.type === 'cooldown_ended') this.#until.set(event.request.client.name, 0);
    if (event.type !== 'cooldown_started' || event.scope === 'request') return;
    this.#until.set(event.request.client.name, this.clock.now() + event.duration);
  }
}
