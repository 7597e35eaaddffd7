import { basename, dirname, relative, resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { MergedEntries } from './merged-entries.js';
import { Diagnostics, SettingsPath } from './paths.js';
import { FileReader, printable } from './resolve/file-reader.js';
import { resolveSettings } from './resolve/resolve-settings.js';
import { resolveTls } from './resolve/tls.js';
import { SettingsSchema } from './schema/settings.js';
import { validate } from './schema/validate.js';
import { type Fault, SettingsFault } from './settings-fault.js';
import type { ListenSettings, Settings } from './settings.js';
import { atOnce, type Steps } from './slices.js';
import { EntryFiles } from './yaml/entry-files.js';
import { Positions } from './yaml/positions.js';
import { SettingsTree, type YamlMapping } from './yaml/settings-tree.js';
import { SourceFiles, UnreadableFile } from './yaml/source-files.js';
import { parseYaml } from './yaml/yaml-document.js';

export abstract class LoadedSettings {
  abstract settings: Settings;
  /** Absolute paths of the settings file and of all files that it leads to. */
  abstract sources: string[];
  /** One line each, `path.to.field: ...`; they hold no secret. */
  abstract warnings: string[];
  /** Files of `clients.d` and `consumers.d` with faults: their former versions are used, or nothing of them. */
  abstract refused?: SettingsFault | undefined;
}

/**
 * Reads the settings file and all that it refers to.
 * @throws SettingsFault with all faults that can be found at once, and nothing else
 */
export function loadSettings(file: string, environment: NodeJS.ProcessEnv): LoadedSettings {
  return atOnce(readSettings(resolve(file), environment, new SourceFiles()));
}

/**
 * Where the management API listens, whatever else of the settings has faults.
 * @throws SettingsFault when the file cannot be read, or this part of it has faults
 */
export function managementSettings(file: string, environment: NodeJS.ProcessEnv): ListenSettings {
  const [diagnostics, sources, path] = [new Diagnostics(), new SourceFiles(), resolve(file)];
  const management = atOnce(parse(path, sources, diagnostics))?.get('management');
  const root = new SettingsPath(diagnostics);
  const part: YamlMapping = new Map(management === undefined ? [] : [['management', management]]);
  const tree = new SettingsTree(environment);
  const schema = schemaOf(atOnce(tree.mapping(part, root)));
  validate(Object.assign(schema, { clients: { any: {} }, consumers: { any: {} } }), root);
  const files = new FileReader(sources, dirname(path), tree.written);
  const tls = resolveTls(schema.management?.tls, root.key('management').key('tls'), files);
  if (diagnostics.faults.length > 0) throw atOnce(located(diagnostics, path, sources, tree));
  const { host, port } = schema.management;
  return { host, port, tls };
}

/**
 * Reads the settings, and leaves in `sources` what was read, after a fault too. A file of `clients.d` or `consumers.d` that
 * has a fault is replaced by its former version, and affects no other.
 */
export function* readSettings(
  path: string,
  environment: NodeJS.ProcessEnv,
  sources: SourceFiles,
  entryFiles = new EntryFiles(),
): Steps<LoadedSettings> {
  const inFile = new Diagnostics();
  const document = yield* parse(path, sources, inFile);
  const merged = new MergedEntries(yield* entryFiles.read(dirname(path), sources, inFile));
  for (;;) {
    const diagnostics = new Diagnostics();
    for (const { path: at, ...fault } of inFile.found) diagnostics.fault(at, fault.message, fault);
    checkEnvironment(environment, diagnostics);
    const tree = new SettingsTree(environment);
    const read = { path, environment, tree, sources, diagnostics };
    const settings = document && (yield* settingsIn(merged.with(document), read));
    if (merged.refuse(diagnostics.found)) continue;
    if (diagnostics.faults.length > 0 || settings === undefined) {
      throw yield* located(diagnostics, path, sources, tree);
    }
    entryFiles.keep(merged.used);
    const refused = yield* refusedFiles(merged, sources);
    const warnings = [...inFile.warnings, ...diagnostics.warnings];
    return { settings, sources: [...sources.paths], warnings, refused };
  }
}

/** The faults of files that are not in force as they are, with their places in them. */
function* refusedFiles({ refused }: MergedEntries, sources: SourceFiles): Steps<SettingsFault | undefined> {
  const details: Fault[] = [];
  for (const [path, faults] of refused) {
    const isInFile = faults.some(({ keys }) => keys !== undefined);
    const positions = isInFile ? yield* Positions.of(sources.read(path)) : undefined;
    // Values are not shown: a variable may stand there.
    for (const { keys, value: _value, meant: _meant, ...fault } of faults) {
      const position = keys === undefined ? fault.position : positions?.of(keys.slice(1));
      details.push({ ...fault, file: printable(shownPath(path)), position });
    }
  }
  return details.length === 0 ? undefined : new SettingsFault(details, sources.paths);
}

/** The faults with their places in the file, which is looked at again for them only. */
function* located(
  { found }: Diagnostics,
  path: string,
  sources: SourceFiles,
  { written }: SettingsTree,
): Steps<SettingsFault> {
  const isInFile = found.some(({ keys }) => keys !== undefined);
  const positions = isInFile ? yield* Positions.of(sources.read(path)) : undefined;
  const file = printable(shownPath(path));
  const details: Fault[] = [];
  for (const { keys, value, meant, ...fault } of found) {
    yield;
    const position = keys === undefined ? fault.position : positions?.of(keys);
    // What a variable holds is not shown, and neither is what resembles it.
    const text = written.get(fault.path);
    const particulars = text === undefined ? { value, meant } : { value: value && printable(text) };
    details.push({ ...fault, ...particulars, file: position && file, position });
  }
  return new SettingsFault(details, sources.paths);
}

/** From the working directory, where the file is in it. */
function shownPath(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') || `/${near}` === path ? path : near;
}

/** What Node.js reads of the environment and would give secrets to the wrong server, or reveal them. */
function checkEnvironment(environment: NodeJS.ProcessEnv, diagnostics: Diagnostics): void {
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    diagnostics.fault(
      'NODE_TLS_REJECT_UNAUTHORIZED',
      "must not be 0, as no server's certificate would be checked; name the authority to trust in `ca`",
    );
  }
  const [option] = /--(?:insecure-http-parser|tls-keylog)\b/.exec(environment['NODE_OPTIONS'] ?? '') ?? [];
  if (option !== undefined) {
    const reason = option === '--tls-keylog' ? 'reveals what TLS protects' : 'accepts malformed HTTP';
    diagnostics.fault('NODE_OPTIONS', `must not have ${option}, which ${reason}`);
  }
}

interface Reading {
  path: string;
  environment: NodeJS.ProcessEnv;
  tree: SettingsTree;
  sources: SourceFiles;
  diagnostics: Diagnostics;
}

function* settingsIn(
  document: YamlMapping,
  { path, environment, tree, sources, diagnostics }: Reading,
): Steps<Settings> {
  const root = new SettingsPath(diagnostics);
  const schema = schemaOf(yield* tree.mapping(document, root));
  validate(schema, root);
  const files = new FileReader(sources, dirname(path), tree.written);
  return yield* resolveSettings(schema, root, files, environment);
}

/** Named entries stay as they are: they become instances one by one, when they are checked. */
function schemaOf({
  clients,
  consumers,
  workloadIssuers = {},
  policies = {},
  ...others
}: Record<string, unknown>) {
  const schema: object = plainToInstance(SettingsSchema, others);
  return Object.assign(schema, { clients, consumers, workloadIssuers, policies }) as SettingsSchema;
}

/** @returns undefined, and faults, unless it is YAML with a mapping at the top */
function* parse(
  path: string,
  sources: SourceFiles,
  diagnostics: Diagnostics,
): Steps<YamlMapping | undefined> {
  try {
    const document = yield* parseYaml(sources.read(path), diagnostics);
    if (document instanceof Map) return document;
    if (diagnostics.faults.length === 0) {
      diagnostics.fault(basename(path), 'must be a mapping, with `clients` and `consumers`', { keys: [] });
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    diagnostics.fault(path, `must be a readable file (${error.message})`);
  }
  return undefined;
}
