import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Logger } from 'pino';
import { RenewalSweep, sweepInterval } from '#tokens/renewal-sweep.js';
import { ActiveSettings } from './active-settings.js';
import { Overview } from '../management/overview.js';

/** What the broker does again and again. Neither overlaps itself, and neither can end the other. */
@Injectable()
export class Ticks {
  constructor(
    private readonly sweep: RenewalSweep,
    private readonly settings: ActiveSettings,
    private readonly overview: Overview,
    private readonly log: Logger,
  ) {}

  @Interval(sweepInterval)
  async renewWhatIsDue(): Promise<void> {
    await this.#guarded('renewal sweep', () => this.sweep.sweep());
  }

  @Interval(1_000)
  async reloadWhatChanged(): Promise<void> {
    await this.#guarded('settings check', () => this.settings.check());
  }

  /** Costs nothing as long as all is well. */
  @Interval(5_000)
  async learnOfFailingClients(): Promise<void> {
    await this.#guarded('look at failing clients', () => this.overview.learnOfFailing());
  }

  async #guarded(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (err) {
      this.log.error({ err }, `${what} failed`);
    }
  }
}
