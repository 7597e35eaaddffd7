import type { SettingsFault } from '../settings/settings-fault.js';
import { type ExitStatus, exitStatus } from './command.js';

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
