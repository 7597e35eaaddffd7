import { loadSettings } from '../settings/load-settings.js';
import { SettingsFault } from '../settings/settings-fault.js';
import { type Command, jsonOption, exitStatus } from './command.js';
import { jsonReport, settingsErrors } from './json-report.js';
import { presetLine, SettingsLines } from './settings-lines.js';
import { pluralize } from './output.js';

/** The words are those of the broker's start, as it is the same check. */
export const checkCommand: Command = {
  name: 'check',
  about: 'checks a settings file and all files it refers to, as the broker does at start',
  takesFile: true,
  options: { json: jsonOption },
  async run(call, { output, environment }) {
    const file = call.file as string;
    const { fault, warnings, summary, presets } = checked(file, environment);
    const isValid = fault === undefined;
    const status = isValid ? exitStatus.fine : exitStatus.settings;
    if (call.flag('json')) {
      const errors = fault && settingsErrors(fault);
      const faults = fault?.faults ?? [];
      const report = {
        errors,
        warnings,
        file,
        valid: isValid,
        faults,
        ...(presets.length > 0 && { presets }),
      };
      output.json(jsonReport('check', status, report));
    } else {
      for (const line of fault?.lines ?? []) output.error(line);
      for (const warning of warnings) output.line(`warning: ${warning}`, 'yellow');
      for (const preset of presets) output.line(preset);
      if (isValid) output.line(`${file} is valid: ${summary}`);
    }
    return status;
  },
};

interface Checked {
  fault?: SettingsFault;
  warnings: readonly string[];
  summary: string;
  /** What the preset of each client that has one sets. */
  presets: readonly string[];
}

function checked(file: string, environment: NodeJS.ProcessEnv): Checked {
  try {
    const { settings, warnings, sources, refused } = loadSettings(file, environment);
    const counts = [
      pluralize(Object.keys(settings.clients).length, 'client'),
      pluralize(Object.keys(settings.consumers).length, 'consumer'),
      pluralize(sources.length, 'file'),
    ];
    const lines = SettingsLines.of(file);
    const presets = Object.values(settings.clients).flatMap((client) => presetLine(client, lines) ?? []);
    return { ...(refused && { fault: refused }), warnings, summary: counts.join(', '), presets };
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    return { fault: error, warnings: [], summary: '', presets: [] };
  }
}
