import { parseArgs } from 'node:util';
import { Call, type Command } from './command.js';
import { UsageFault } from './usage-fault.js';

const help = { type: 'boolean', short: 'h' } as const;

/**
 * @returns undefined when help is asked for
 * @throws UsageFault
 */
export function parseCall(
  { name, options, takesFile }: Command,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Call | undefined {
  const { values, positionals } = parsed(name, { ...options, help }, args);
  if (values['help'] === true) return undefined;
  if (positionals.length > (takesFile ? 1 : 0)) {
    throw new UsageFault(`${name}: ${takesFile ? 'name one settings file only' : 'takes options only'}`);
  }
  const file = positionals[0] ?? (environment['TOKEN_BROKER_CONFIG'] || undefined);
  if (takesFile && !file) throw new UsageFault(`${name}: name the settings file`);
  return new Call(values, file);
}

function parsed(name: string, options: object, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: options as NonNullable<Parameters<typeof parseArgs>[0]>['options'] & object,
      allowPositionals: true,
    });
    return { values: values as Record<string, unknown>, positionals };
  } catch (error) {
    const [reason = 'not understood'] = error instanceof Error ? error.message.split(/\.\s/, 1) : [];
    throw new UsageFault(`${name}: ${reason.replaceAll('\n', ' ')}`);
  }
}
