import type { SettingsFault } from '../settings/settings-fault.js';
import { type Call, type ExitStatus, exitStatus } from './command.js';
import type { Output } from './output.js';

/** One thing that is wrong. `code` is stable, for scripts; further fields say where it is. */
export interface ReportedError {
  code: string;
  message: string;
  [more: string]: unknown;
}

/** What `--json` prints, for each command and for its failure: these fields, and those of the command. */
export function jsonReport(
  command: string,
  status: ExitStatus,
  {
    errors = [],
    warnings = [],
    ...fields
  }: Record<string, unknown> & {
    errors?: readonly ReportedError[];
    warnings?: readonly string[];
  } = {},
): object {
  return { command, ok: status === exitStatus.fine, exitStatus: status, errors, warnings, ...fields };
}

export function settingsErrors({ details }: SettingsFault): ReportedError[] {
  return details.map(({ position, ...fault }) => ({ code: 'invalid_settings', ...fault, ...position }));
}

/** Reports a failure in the form that was asked for, and is its exit status. */
export function failedCall(
  call: Call,
  output: Output,
  { command, status, ...error }: { command: string; status: ExitStatus } & ReportedError,
): ExitStatus {
  if (call.flag('json')) output.json(jsonReport(command, status, { errors: [error as ReportedError] }));
  else output.error(error.message);
  return status;
}
