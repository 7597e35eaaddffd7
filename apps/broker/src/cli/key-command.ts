import { newApiKey } from '#consumers/api-key.js';
import { validName } from '../settings/schema/rules.js';
import { type Command, jsonOption, exitStatus, UsageError } from './command.js';
import { jsonReport } from './json-report.js';

/** Prints the key in clear: it is shown this once and kept nowhere. */
export const keyCommand: Command = {
  name: 'key',
  about: 'makes an API key for a consumer, and the lines with its hash for the settings',
  takesFile: false,
  options: {
    consumer: { type: 'string', value: 'NAME', about: 'its name in the settings; left out: my-service' },
    json: jsonOption,
  },
  async run(call, { output }) {
    const consumer = call.text('consumer') ?? 'my-service';
    if (!validName.test(consumer)) {
      throw new UsageError('key: --consumer must be 1 to 63 letters, digits, ".", "_" and "-"');
    }
    const made = newApiKey();
    const yaml = keyYaml(consumer, made.hash);
    if (call.flag('json')) {
      output.json(
        jsonReport('key', exitStatus.fine, {
          key: made.key.reveal(),
          hash: made.hash,
          yaml: yaml.join('\n'),
        }),
      );
    } else for (const line of keyLines(made, yaml)) output.line(line);
    return exitStatus.fine;
  },
};

export function keyYaml(consumer: string, hash: string): string[] {
  return ['consumers:', `  ${consumer}:`, `    keys: ['${hash}']`];
}

export function keyLines({ key, hash }: ReturnType<typeof newApiKey>, yaml: readonly string[]): string[] {
  return [
    `key:  ${key.reveal()}`,
    '      goes to the consumer as a secret; it is shown only now',
    `hash: ${hash}`,
    '      goes into the settings; the lines to paste:',
    '',
    ...yaml,
  ];
}
