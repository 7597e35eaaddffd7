import type { Logger } from 'pino';
import type { SettingsMetrics } from '#metrics/settings-metrics.js';
import type { Clock } from '#tokens/model/clock.js';
import type { LoadedSettings } from '../settings/load-settings.js';
import type { SettingsFile } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import type { ConnectedClient } from './connected-client.js';
import type { CredentialTrials } from './credential-trials.js';
import { needsRestart } from './restart-needed.js';
import type { SettingsSnapshot } from './settings-snapshot.js';

export interface ActiveSettingsParts {
  file: SettingsFile;
  /** What the file held at the start. */
  loaded: LoadedSettings;
  /**
   * Makes everything that the settings lead to; the active version serves meanwhile, and when this fails.
   * @param before what it replaces: what has not changed is taken over
   * @param former the clients in force until now
   */
  make(
    settings: Settings,
    before: SettingsSnapshot | undefined,
    former: readonly ConnectedClient[],
  ): Promise<SettingsSnapshot>;
  /** The clients of these settings as other replicas had them last, where their credential was another one. */
  formerClients(active: SettingsSnapshot): Promise<ConnectedClient[]>;
  trials: Pick<CredentialTrials, 'check' | 'haveAccepted'>;
  /** Called at once after a version has become the active one. */
  onChange(next: SettingsSnapshot, before: SettingsSnapshot | undefined): void;
}

const unusable = 'the settings cannot be put to use now; the broker tries again each second';

/** Milliseconds after which a replaced version closes its connections: requests under way may still use them. */
const closeAfter = 60_000;

/** The settings as they change under the running broker: one snapshot for each version, replaced as a whole. */
export class ActiveSettings {
  #active: SettingsSnapshot | undefined;
  #checking = false;
  /** What was loaded of those in force. */
  #inForce: LoadedSettings;
  #since = 0;
  #faults: readonly string[] = [];
  /** Valid settings of the file that are not in force yet: what stood in their way may pass. */
  #pending: LoadedSettings | undefined;

  readonly #replaced: ((next: Settings) => void)[] = [];

  constructor(
    private readonly parts: ActiveSettingsParts,
    private readonly metrics: SettingsMetrics,
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {
    this.#inForce = parts.loaded;
  }

  get active(): SettingsSnapshot {
    if (this.#active === undefined) throw new Error('no settings are active yet');
    return this.#active;
  }

  /** Has it called with each version that replaces another from now on. */
  whenReplaced(listener: (next: Settings) => void): void {
    this.#replaced.push(listener);
  }

  /** Whether the last change of the file was accepted. */
  get reload(): 'ok' | 'refused' {
    return this.#faults.length === 0 ? 'ok' : 'refused';
  }

  /** Why the last change of the file was refused; none when it was accepted. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Since when `reload` has its value: Unix time in milliseconds. */
  get since(): number {
    return this.#since;
  }

  async start(): Promise<void> {
    const { loaded } = this.parts;
    this.#warn(loaded);
    await this.#activate(loaded.settings);
    this.#loaded(loaded);
  }

  /**
   * To be called when the store is open: a credential that was changed while this replica was down is tried as one that
   * is changed while it runs.
   */
  async resumeTrials(): Promise<void> {
    const former = await this.parts.formerClients(this.active);
    if (former.length === 0) return;
    const before = this.active;
    this.#active = await this.parts.make(before.settings, before, former);
    this.parts.onChange(this.#active, undefined);
    await before.close(this.#active);
  }

  /** To be called about each second. Never overlaps itself. @param isWhole see `SettingsFile.check` */
  async check(isWhole = false): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      await this.#reloadChanged(isWhole);
      await this.#endTrials();
    } catch (error) {
      this.#unusable(error);
    } finally {
      this.#checking = false;
    }
  }

  async close(): Promise<void> {
    await this.#active?.close();
  }

  async #reloadChanged(isWhole: boolean): Promise<void> {
    const change = await this.parts.file.check(isWhole);
    if (change?.outcome === 'refused') this.#refused(change.fault.lines);
    if (change?.outcome === 'restored') this.#restored();
    if (change?.outcome === 'reloaded') {
      this.#pending = change.loaded;
      this.#warn(change.loaded);
    }
    const isOnDisk = change === undefined ? this.#faults[0] === unusable : change.outcome !== 'refused';
    if (this.#pending === undefined || !isOnDisk) return;
    const loaded = this.#pending;
    const { settings } = loaded;
    const before = this.active.settings;
    await this.#activate(settings);
    this.#pending = undefined;
    for (const listener of this.#replaced) listener(settings);
    this.#warnAboutRestart(before, settings);
    this.log.info('settings reloaded');
    this.#loaded(loaded);
    if (loaded.refused === undefined) this.metrics.reloaded('ok');
  }

  /** Of files that have faults the former versions are in force, or nothing of them. */
  #judge({ refused }: LoadedSettings): void {
    this.#since = this.clock.wallTime();
    this.#faults = refused?.lines ?? [];
    if (refused === undefined) return;
    this.metrics.reloaded('refused');
    this.log.error(
      { faults: refused.lines },
      'files of clients.d or consumers.d refused; their former versions stay in force',
    );
  }

  /** Puts the changed credentials in force that have been accepted. */
  async #endTrials(): Promise<void> {
    const { trials } = this.parts;
    trials.check();
    if (!trials.haveAccepted) return;
    await this.#activate(this.active.settings);
    this.log.info('changed credential accepted: the tokens in use are renewed with it');
  }

  async #activate(settings: Settings): Promise<void> {
    const before = this.#active;
    const next = await this.parts.make(settings, before, before?.clients ?? []);
    this.#active = next;
    this.parts.onChange(next, before);
    if (before !== undefined) setTimeout(() => void before.close(next), closeAfter).unref();
  }

  #loaded(loaded: LoadedSettings): void {
    this.#inForce = loaded;
    this.#judge(loaded);
    this.metrics.loaded(this.#since);
  }

  #warn({ warnings }: LoadedSettings): void {
    for (const warning of warnings) this.log.warn({ warning }, 'settings');
  }

  #refused(faults: readonly string[], err?: unknown): void {
    this.#faults = faults;
    this.#since = this.clock.wallTime();
    this.metrics.reloaded('refused');
    this.log.error({ faults, err }, 'changed settings refused; the last good ones stay in force');
  }

  /** Tried again with each check, and reported once. */
  #unusable(error: unknown): void {
    if (this.#faults[0] !== unusable) this.#refused([unusable], error);
  }

  /** What was refused is gone from the disk: the active version is there again, with the faults that it had. */
  #restored(): void {
    this.metrics.restored();
    this.log.info('the refused change of the settings was taken back');
    this.#judge(this.#inForce);
  }

  #warnAboutRestart(before: Settings, after: Settings): void {
    if (!needsRestart(before, after)) return;
    this.log.warn(
      'changes of listen, management, store and audit take effect at the next start, except certificates, encryption keys and the passwords of Redis',
    );
  }
}
