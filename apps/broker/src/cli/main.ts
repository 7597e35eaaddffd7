import 'reflect-metadata';
import { packageVersion } from '../package-version.js';
import { didYouMean } from '#tokens/model/nearest-name.js';
import { SettingsFault } from '../settings/settings-fault.js';
import { auditCommand } from './audit-command.js';
import { checkCommand } from './check-command.js';
import {
  type Command,
  CommandFailure,
  type Context,
  type ExitStatus,
  exitStatus,
  parseCall,
  UsageError,
  type OptionSpec,
} from './command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { explainCommand } from './explain/explain-command.js';
import { healthCommand } from './health-command.js';
import { initCommand } from './init/init-command.js';
import { jsonReport, settingsErrors } from './json-report.js';
import { keyCommand } from './key-command.js';
import { Output, type OutputStream } from './output.js';
import { purgeCommand } from './purge-command.js';
import { tokenCommand } from './token/token-command.js';

export interface ProcessStreams {
  stdout: OutputStream;
  stderr: OutputStream;
  env: NodeJS.ProcessEnv;
  /** A terminal, where questions can be answered. */
  stdin?: NodeJS.ReadStream | undefined;
}

const commands: readonly Command[] = [
  initCommand,
  checkCommand,
  doctorCommand,
  explainCommand,
  tokenCommand,
  purgeCommand,
  keyCommand,
  healthCommand,
  auditCommand,
];

/** Runs one command of the tool, to its exit status. */
export async function runCli(
  args: readonly string[],
  { stdout, stderr, stdin, env: environment }: ProcessStreams,
): Promise<ExitStatus> {
  const output = new Output(stdout, stderr, environment);
  // A reader such as `head` has read enough.
  stdout.on('error', () => {});
  try {
    return await run(args, { output, environment, stdin });
  } catch (error) {
    return failed(error, args, output);
  } finally {
    output.end();
  }
}

async function run([name = '', ...args]: readonly string[], context: Context): Promise<ExitStatus> {
  if (name === '') {
    for (const line of helpText()) context.output.error(line);
    return exitStatus.usage;
  }
  if (name === '--version' || args[0] === '--version') return printVersion(args.includes('--json'), context);
  if (['help', '--help', '-h'].includes(name)) {
    for (const line of helpText()) context.output.line(line);
    return exitStatus.fine;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw unknownCommand(name);
  const call = parseCall(command, args, context.environment);
  if (call !== undefined) return command.run(call, context);
  for (const line of commandHelp(command)) context.output.line(line);
  return exitStatus.fine;
}

function unknownCommand(name: string): UsageError {
  const known = ['--config', '--version', '--help', ...commands.map((command) => command.name)];
  return new UsageError(`there is no command ${name.slice(0, 64)}${didYouMean(name, known)}`);
}

function printVersion(asJson: boolean, { output }: Context): ExitStatus {
  const [version, node] = [packageVersion(), process.version];
  if (asJson) output.json(jsonReport('--version', exitStatus.fine, { version, node }));
  else output.line(`token-broker ${version} (Node.js ${node})`);
  return exitStatus.fine;
}

function failed(error: unknown, args: readonly string[], output: Output): ExitStatus {
  const isFault = error instanceof SettingsFault;
  if (!isFault && !(error instanceof CommandFailure)) throw error;
  const status = isFault ? exitStatus.settings : error.status;
  if (args.includes('--json')) {
    const errors = isFault ? settingsErrors(error) : [{ code: error.code, message: error.message }];
    output.json(jsonReport(args[0] as string, status, { errors }));
    return status;
  }
  for (const line of isFault ? error.lines : [error.message]) output.error(line);
  if (status === exitStatus.usage)
    output.error('token-broker --help lists the commands, token-broker COMMAND --help their options.');
  return status;
}

const program = 'token-broker';

/** The commands, and how the broker itself is started. */
function helpText(): string[] {
  const rows = commands.map((command): [string, string] => [usage(command), command.about]);
  return [
    `usage: ${program} COMMAND [OPTION…]`,
    '',
    ...table([
      ['--config FILE', 'runs the broker with this settings file; or set TOKEN_BROKER_CONFIG'],
      ['--version', 'prints the version'],
      ...rows,
    ]),
    '',
    `${program} COMMAND --help lists the options. Exit statuses: 0 fine, 1 something is wrong,`,
    '64 wrong usage, 69 the broker cannot be reached, 78 invalid settings.',
  ];
}

function commandHelp(command: Command): string[] {
  const options = Object.entries(command.options).map(([name, spec]): [string, string] => [
    option(name, spec),
    spec.about,
  ]);
  return [
    `usage: ${program} ${usage(command)} [OPTION…]`,
    '',
    command.about,
    '',
    ...table([...options, ['--help', 'prints this help']]),
  ];
}

function usage({ name, takesFile, operands }: Command): string {
  if (operands !== undefined) return `${name} ${operands}`;
  return takesFile === true ? `${name} FILE` : name;
}

function option(name: string, { value }: OptionSpec): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function table(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
