import type { ExitStatus } from './exit-status.js';
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
}

/** A command line that has been parsed. */
export class Call {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    readonly file: string | undefined,
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
  takesFile: boolean;
  options: Readonly<Record<string, OptionSpec>>;
  /** @throws UsageFault, SettingsFault */
  run(call: Call, context: Context): Promise<ExitStatus>;
}

export const jsonOption = { type: 'boolean', about: 'prints JSON, for scripts' } as const;
