import { parseArgs } from 'node:util';
import { SettingsFault } from './settings/settings-fault.js';

const usage = 'name the settings file: --config FILE, or the environment variable TOKEN_BROKER_CONFIG';

/**
 * The settings file that the command line names, or else the environment; undefined when neither does.
 * @throws SettingsFault when the command line is not understood
 */
export function settingsPath(args = process.argv.slice(2), environment = process.env): string | undefined {
  try {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    return values.config ?? environment['TOKEN_BROKER_CONFIG'];
  } catch {
    throw new SettingsFault([usage], []);
  }
}

/** @throws SettingsFault */
export function requiredSettingsPath(): string {
  const path = settingsPath();
  if (path) return path;
  throw new SettingsFault([usage], []);
}
