import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Output } from './output.js';

export interface OptionSpec {
  type: 'string' | 'boolean';
  /** What stands for the value in the help. */
  value?: string;
  multiple?: boolean;
  about: string;
}

export interface Context {
  output: Output;
  environment: NodeJS.ProcessEnv;
  stdin?: NodeJS.ReadStream | undefined;
}

/** A command line that has been parsed. */
export class Call {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    readonly file: string | undefined,
    readonly operands: readonly string[] = [],
  ) {}

  text(option: string): string | undefined {
    const value = this.values[option];
    return typeof value === 'string' ? value : undefined;
  }

  texts(option: string): string[] {
    return (this.values[option] as string[] | undefined) ?? [];
  }

  flag(option: string): boolean {
    return this.values[option] === true;
  }
}

export interface Command {
  name: string;
  /** For the list of commands. */
  about: string;
  /** Whether it takes a settings file; then `TOKEN_BROKER_CONFIG` stands in for one that is not named. */
  takesFile: boolean | 'optional';
  /** What stands for its further words in the help; it takes any number of them. */
  operands?: string;
  options: Readonly<Record<string, OptionSpec>>;
  /** @throws UsageError, SettingsFault */
  run(call: Call, context: Context): Promise<ExitStatus>;
}

export const jsonOption = { type: 'boolean', about: 'prints JSON, for scripts' } as const;

/** How the tool ends: docs/reference/tool.md has the same table. Those above 1 are from sysexits.h. */
export const exitStatus = {
  fine: 0,
  /** A fault was found, or what was asked is refused. */
  wrong: 1,
  /** The command line is not understood, or names what is not there. */
  usage: 64,
  /** The broker that was asked cannot be reached. */
  unreachable: 69,
  /** The settings are invalid: the broker itself ends with this. */
  settings: 78,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** A command fails with this exit status, for a reason that has a code, for scripts, and a message of one line. */
export class CommandFailure extends Error {
  constructor(
    readonly status: ExitStatus,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The command line cannot be followed; the message says what to write instead. */
export class UsageError extends CommandFailure {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(exitStatus.usage, 'usage', message);
  }
}

/** The content of a file that the command line names. @throws UsageError */
export function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`the file ${file} cannot be read`);
  }
}

const help = { type: 'boolean', short: 'h' } as const;

/**
 * @returns undefined when help is asked for
 * @throws UsageError
 */
export function parseCall(
  { name, options, takesFile, operands }: Command,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Call | undefined {
  const { values, positionals } = parseOptions(name, { ...options, help }, args);
  if (values['help'] === true) return undefined;
  if (operands !== undefined) return new Call(values, undefined, positionals);
  if (positionals.length > (takesFile ? 1 : 0)) {
    throw new UsageError(
      `${name}: ${takesFile ? 'expects one settings file' : 'unexpected argument; it unexpected argument; it takes options only'}`,
    );
  }
  const file = positionals[0] ?? (environment['TOKEN_BROKER_CONFIG'] || undefined);
  if (takesFile === true && !file) throw new UsageError(`${name}: name the settings file`);
  return new Call(values, file);
}

/** @throws UsageError, with `name` in front */
export function parseOptions(name: string, options: object, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: options as NonNullable<Parameters<typeof parseArgs>[0]>['options'] & object,
      allowPositionals: true,
    });
    return { values: values as Record<string, unknown>, positionals };
  } catch (error) {
    const [reason = 'not understood'] = error instanceof Error ? error.message.split(/\.\s/, 1) : [];
    throw new UsageError(`${name}: ${reason.replaceAll('\n', ' ')}`);
  }
}
