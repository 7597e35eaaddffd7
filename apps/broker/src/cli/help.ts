import type { Command, OptionSpec } from './command.js';

const program = 'token-broker';

/** The commands, and how the broker itself is started. */
export function helpText(commands: readonly Command[]): string[] {
  const rows = commands.map((command): [string, string] => [call(command), command.about]);
  return [
    `usage: ${program} COMMAND [OPTION…]`,
    '',
    ...table([['--config FILE', 'runs the broker with this settings file'], ...rows]),
    '',
    `${program} COMMAND --help tells the options. Exit statuses: 0 fine, 1 something is wrong,`,
    '64 wrong usage, 69 the broker cannot be reached, 78 invalid settings.',
  ];
}

export function commandHelp(command: Command): string[] {
  const options = Object.entries(command.options).map(([name, spec]): [string, string] => [
    option(name, spec),
    spec.about,
  ]);
  return [
    `usage: ${program} ${call(command)} [OPTION…]`,
    '',
    command.about,
    '',
    ...table([...options, ['--help', 'prints this']]),
  ];
}

function call({ name, takesFile }: Command): string {
  return takesFile ? `${name} FILE` : name;
}

function option(name: string, { value }: OptionSpec): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function table(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
