import type { Logger } from 'pino';
import type { SettingsMetrics } from '#metrics/settings-metrics.js';
import { Secret } from '#tokens/model/secret.js';
import type { Clock } from '#tokens/model/clock.js';
import type { LoadedSettings } from '../settings/load-settings.js';
import type { SettingsFile } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import type { SettingsInForce } from './settings-in-force.js';

export interface LiveSettingsParts {
  file: SettingsFile;
  /** What the file held at the start. */
  loaded: LoadedSettings;
  /** Makes everything that the settings lead to; what is in force goes on meanwhile, and when this fails. */
  make(settings: Settings): Promise<SettingsInForce>;
  /** Takes a version over, at once and as a whole. */
  takeOver(next: SettingsInForce, before: SettingsInForce | undefined): void;
}

export type ReloadState = 'ok' | 'refused';

/** Requests under way may still use what they found: its connections end a while after it was replaced. */
const closeAfter = 60_000;

/** The settings as they change under the running broker. */
export class LiveSettings {
  #current: SettingsInForce | undefined;
  #checking = false;
  #reload: ReloadState = 'ok';
  #since = 0;

  constructor(
    private readonly parts: LiveSettingsParts,
    private readonly metrics: SettingsMetrics,
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  get current(): SettingsInForce {
    if (this.#current === undefined) throw new Error('no settings are in force yet');
    return this.#current;
  }

  /** Whether the last change was taken over. */
  get reload(): ReloadState {
    return this.#reload;
  }

  /** Since when what `reload` tells is so: Unix time in milliseconds. */
  get since(): number {
    return this.#since;
  }

  async start(): Promise<void> {
    await this.#apply(this.parts.loaded);
  }

  /** To be called about each second. Never overlaps itself. */
  async check(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      await this.#reloadChanged();
    } catch (error) {
      this.#refused(['the settings cannot be put to use'], error);
    } finally {
      this.#checking = false;
    }
  }

  async close(): Promise<void> {
    await this.#current?.close();
  }

  async #reloadChanged(): Promise<void> {
    const change = this.parts.file.check();
    if (change?.outcome === 'refused') this.#refused(change.fault.faults);
    if (change?.outcome === 'restored') this.#restored();
    if (change?.outcome !== 'reloaded') return;
    await this.#apply(change.loaded);
    this.#reload = 'ok';
    this.metrics.reloaded('ok');
    this.log.info('settings reloaded');
  }

  async #apply({ settings, warnings }: LoadedSettings): Promise<void> {
    for (const warning of warnings) this.log.warn({ warning }, 'settings');
    const before = this.#current;
    const next = await this.parts.make(settings);
    this.#current = next;
    this.parts.takeOver(next, before);
    this.#since = this.clock.wallTime();
    this.metrics.loaded(this.#since);
    if (before === undefined) return;
    this.#tellWhatNeedsRestart(before.settings, settings);
    setTimeout(() => void before.close(), closeAfter).unref();
  }

  #refused(faults: readonly string[], err?: unknown): void {
    this.#reload = 'refused';
    this.#since = this.clock.wallTime();
    this.metrics.reloaded('refused');
    this.log.error({ faults, err }, 'changed settings refused; the last good ones stay in force');
  }

  /** What was refused is gone from the disk: what is in force lies there again. */
  #restored(): void {
    this.#reload = 'ok';
    this.#since = this.clock.wallTime();
    this.metrics.restored();
    this.log.info('the refused change of the settings was taken back');
  }

  #tellWhatNeedsRestart(before: Settings, after: Settings): void {
    if (fixedAtStart(before) === fixedAtStart(after)) return;
    this.log.warn(
      'changes of listen, management and store take effect at the next start, but for encryption keys',
    );
  }
}

function fixedAtStart({ listen, management, store }: Settings): string {
  const redis = store && { ...store.redis, encryptionKeys: undefined };
  // A secret prints nothing of itself: it is compared by its hash.
  return JSON.stringify({ listen, management, redis }, function (this: Record<string, unknown>, name, value) {
    const original = this[name];
    return original instanceof Secret ? original.sha256 : (value as unknown);
  });
}
