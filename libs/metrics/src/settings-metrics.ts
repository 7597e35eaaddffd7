import { Counter, Gauge, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** Reloads of the settings, the keys of workload issuers, and which build runs. */
export class SettingsMetrics {
  readonly #reloads;
  readonly #lastSuccess;
  readonly #isGood;
  readonly #keyFailures;

  constructor(registry: Registry, build: { version: string; node: string }) {
    const registers = [registry];
    this.#reloads = new Counter({
      name: metricNames.settingsReloads,
      help: 'Reloads of changed settings: applied (ok) or refused.',
      labelNames: ['outcome'],
      registers,
    });
    this.#lastSuccess = new Gauge({
      name: metricNames.settingsLastReloadSuccess,
      help: 'Unix time at which the active settings were loaded.',
      registers,
    });
    this.#isGood = new Gauge({
      name: metricNames.settingsLastReloadSuccessful,
      help: '1 while the active settings are those on disk; 0 while a refused change is there.',
      registers,
    });
    this.#isGood.set(1);
    this.#keyFailures = new Counter({
      name: metricNames.workloadKeyFailures,
      help: 'Failed fetches of the keys of a workload issuer; the known keys stay in use.',
      labelNames: ['issuer'],
      registers,
    });
    new Gauge({
      name: metricNames.buildInfo,
      help: 'Always 1.',
      labelNames: ['version', 'node'],
      registers,
    }).set(build, 1);
  }

  /** @param at Unix time in milliseconds */
  loaded(at: number): void {
    this.#lastSuccess.set(at / 1000);
  }

  reloaded(outcome: 'ok' | 'refused'): void {
    this.#reloads.inc({ outcome });
    this.#isGood.set(outcome === 'ok' ? 1 : 0);
  }

  /** A refused change was reverted on disk. */
  restored(): void {
    this.#isGood.set(1);
  }

  workloadKeysFailed(issuer: string): void {
    this.#keyFailures.inc({ issuer });
  }
}
