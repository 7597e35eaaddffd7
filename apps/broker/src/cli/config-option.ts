import { parseOptions, UsageError } from './command.js';

/** Whether a command line starts the broker, instead of naming a command or asking for help. */
export function startsBroker([first]: readonly string[], environment: NodeJS.ProcessEnv): boolean {
  if (first === undefined) return Boolean(environment['TOKEN_BROKER_CONFIG']);
  return /^--config(?:=|$)/.test(first);
}

/**
 * The settings file that the command line names, or else the environment; undefined when neither does.
 * @throws UsageError
 */
export function configOption(args: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const { values, positionals } = parseOptions('token-broker', { config: { type: 'string' } }, args);
  if (positionals.length > 0)
    throw new UsageError(
      'token-broker: unexpected argument; without a command only --config FILE is accepted',
    );
  if (values['config'] === '') throw new UsageError('token-broker: --config must name a file');
  return (values['config'] as string | undefined) ?? (environment['TOKEN_BROKER_CONFIG'] || undefined);
}
