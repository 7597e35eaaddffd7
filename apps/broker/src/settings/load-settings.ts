import { basename, dirname, resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { SettingsTree, type YamlMapping } from './yaml/settings-tree.js';
import { SourceFiles, UnreadableFile } from './yaml/source-files.js';
import { parseYaml } from './yaml/yaml-document.js';
import { checkForm } from './schema/check-form.js';
import { SettingsForm } from './schema/settings-form.js';
import { Findings, Place } from './place.js';
import { FileReader } from './resolve/file-reader.js';
import { resolveSettings } from './resolve/resolve-settings.js';
import type { Settings } from './settings.js';
import { SettingsFault } from './settings-fault.js';

export interface LoadedSettings {
  settings: Settings;
  /** Absolute paths of the settings file and of all files that it leads to. */
  sources: string[];
  /** One line each, `path.to.field: ...`; they hold no secret. */
  warnings: string[];
}

/**
 * Reads the settings file and all that it refers to.
 * @throws SettingsFault with all faults that can be told at once, and nothing else
 */
export function loadSettings(file: string, environment: NodeJS.ProcessEnv): LoadedSettings {
  return readSettings(resolve(file), environment, new SourceFiles());
}

/** The same, and leaves in `sources` what was read, after a fault too. */
export function readSettings(
  path: string,
  environment: NodeJS.ProcessEnv,
  sources: SourceFiles,
): LoadedSettings {
  const findings = new Findings();
  const settings = settingsOf(path, environment, sources, findings);
  if (findings.faults.length > 0 || settings === undefined) {
    throw new SettingsFault(findings.faults, sources.paths);
  }
  return { settings, sources: [...sources.paths], warnings: [...findings.warnings] };
}

function settingsOf(
  path: string,
  environment: NodeJS.ProcessEnv,
  sources: SourceFiles,
  findings: Findings,
): Settings | undefined {
  const document = parse(path, sources, findings);
  if (document === undefined) return undefined;
  const root = new Place(findings);
  const tree = new SettingsTree(environment);
  const plain = tree.mapping(document, root);
  const form = plainToInstance(SettingsForm, plain);
  checkForm(form, root);
  return resolveSettings(form, root, new FileReader(sources, dirname(path), tree.written));
}

/** @returns undefined, and faults, unless it is YAML with a mapping at the top */
function parse(path: string, sources: SourceFiles, findings: Findings): YamlMapping | undefined {
  try {
    const document = parseYaml(sources.read(path), findings);
    if (document instanceof Map) return document;
    if (findings.faults.length === 0) {
      findings.fault(basename(path), 'must be a mapping, with `clients` and `consumers`');
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    findings.fault(path, `must be a readable file (${error.message})`);
  }
  return undefined;
}
