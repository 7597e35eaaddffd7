import { Gauge, type Registry } from 'prom-client';
import type { Client } from '#tokens/client.js';
import type { Clock } from '#tokens/clock.js';
import type { TokenEvent, TokenEvents } from '#tokens/token-events.js';
import { metricNames } from './metric-names.js';

type Identified = Pick<Client, 'name' | 'identity'>;

/** Which clients cool down now, or have a credential that does. A refused scope set is no cool-down of its client. */
export class CooldownMetrics implements TokenEvents {
  readonly #clients = new Map<string, { identity: string; until: number }>();

  constructor(
    registry: Registry,
    private readonly clock: Clock,
  ) {
    const isActive = (client: string) => this.isActive(client);
    const clients = this.#clients;
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
    return (this.#clients.get(client)?.until ?? 0) > this.clock.now();
  }

  /** The clients of the settings now in force. With a changed credential the cool-down of the old one is over. */
  replaceClients(clients: readonly Identified[]): void {
    const before = new Map(this.#clients);
    this.#clients.clear();
    for (const { name, identity } of clients) {
      const known = before.get(name);
      this.#clients.set(name, known?.identity === identity ? known : { identity, until: 0 });
    }
  }

  emit(event: TokenEvent): void {
    if (event.type === 'cooldown_ended') this.#coolsUntil(event.request.client, 0);
    if (event.type !== 'cooldown_started' || event.scope === 'request') return;
    this.#coolsUntil(event.request.client, this.clock.now() + event.duration);
  }

  /** Of a client of earlier settings nothing is told any more. */
  #coolsUntil({ name, identity }: Identified, until: number): void {
    const known = this.#clients.get(name);
    if (known?.identity === identity) known.until = until;
  }
}
