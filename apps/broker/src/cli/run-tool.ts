import 'reflect-metadata';
import { nearestName } from '../settings/schema/nearest-name.js';
import { SettingsFault } from '../settings/settings-fault.js';
import { checkCommand } from './check-command.js';
import type { Command, Context } from './command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { type ExitStatus, exitStatus } from './exit-status.js';
import { explainCommand } from './explain/explain-command.js';
import { commandHelp, helpText } from './help.js';
import { keyCommand } from './key-command.js';
import { Output, type OutputStream } from './output.js';
import { parseCall } from './parse-call.js';
import { tokenCommand } from './token/token-command.js';
import { UsageFault } from './usage-fault.js';

export interface Surroundings {
  stdout: OutputStream;
  stderr: OutputStream;
  env: NodeJS.ProcessEnv;
}

const commands: readonly Command[] = [checkCommand, doctorCommand, explainCommand, tokenCommand, keyCommand];

/** Runs one command of the tool, to its exit status. */
export async function runTool(
  args: readonly string[],
  { stdout, stderr, env: environment }: Surroundings,
): Promise<ExitStatus> {
  const output = new Output(stdout, stderr, environment);
  // Whoever reads by `head` has read enough.
  stdout.on('error', () => {});
  try {
    return await run(args, { output, environment });
  } catch (error) {
    return failed(error, output);
  } finally {
    output.end();
  }
}

async function run([name = '', ...args]: readonly string[], context: Context): Promise<ExitStatus> {
  if (name.startsWith('-') || name === 'help') {
    for (const line of helpText(commands)) context.output.line(line);
    return exitStatus.fine;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw unknownCommand(name);
  const call = parseCall(command, args, context.environment);
  if (call !== undefined) return command.run(call, context);
  for (const line of commandHelp(command)) context.output.line(line);
  return exitStatus.fine;
}

function unknownCommand(name: string): UsageFault {
  const nearest = nearestName(
    name,
    commands.map((command) => command.name),
  );
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new UsageFault(`there is no command ${name.slice(0, 64)}${meant}`);
}

function failed(error: unknown, output: Output): ExitStatus {
  if (error instanceof SettingsFault) {
    for (const fault of error.faults) output.complaint(fault);
    return exitStatus.settings;
  }
  if (!(error instanceof UsageFault)) throw error;
  output.complaint(error.message);
  output.complaint('token-broker --help tells the commands, token-broker COMMAND --help their options.');
  return exitStatus.usage;
}
