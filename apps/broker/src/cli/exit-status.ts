/** How the tool ends: docs/tool.md has the same table. Those above 1 are from sysexits.h. */
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
