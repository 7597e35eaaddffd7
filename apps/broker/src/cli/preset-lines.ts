import { presetOf, presetSettings } from '../settings/presets.js';
import type { ClientSettings } from '../settings/settings.js';
import { at, type SettingsLines } from './settings-lines.js';

/** What the preset of a client sets, as `clients.crm.preset (line 4) sets defaultLifetime: 900`; undefined without one. */
export function presetLine(
  { name, preset: chosen }: ClientSettings,
  lines: SettingsLines,
): string | undefined {
  const preset = presetOf(chosen);
  if (preset === undefined) return undefined;
  const own = lines.written('clients', name) as Readonly<Record<string, unknown>>;
  const set = Object.entries(presetSettings(preset, own)).map(
    ([setting, value]) => `${setting}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const what = set.length === 0 ? 'nothing, as the client sets all of it itself' : set.join(', ');
  return `${at(lines, 'clients', name, 'preset')} ${chosen} sets ${what}`;
}
