import { newApiKey } from '#consumers/api-key.js';
import { isInstant } from '../settings/schema/instant.js';
import { validName } from '../settings/schema/nested.js';
import { type Command, jsonOption, exitStatus, UsageError } from './command.js';
import { jsonReport } from './json-report.js';

/** Prints the key in clear: it is shown this once and kept nowhere. */
export const keyCommand: Command = {
  name: 'key',
  about: 'makes an API key for a consumer, and the lines with its hash for the settings',
  takesFile: false,
  options: {
    consumer: { type: 'string', value: 'NAME', about: 'its name in the settings; default: my-service' },
    'expires-at': {
      type: 'string',
      value: 'DATE',
      about: 'date from which the key is refused, such as 2027-03-31; default: never',
    },
    json: jsonOption,
  },
  async run(call, { output }) {
    const consumer = call.text('consumer') ?? 'my-service';
    if (!validName.test(consumer)) {
      throw new UsageError('key: --consumer must be 1 to 63 letters, digits, ".", "_" and "-"');
    }
    const expiresAt = call.text('expires-at');
    if (expiresAt !== undefined && !(isInstant(expiresAt) && Date.parse(expiresAt) > Date.now())) {
      throw new UsageError('key: --expires-at must be a date in the future, such as 2027-03-31');
    }
    const made = newApiKey();
    const dates = { createdAt: new Date().toISOString().slice(0, 10), expiresAt };
    const yaml = keyYaml(consumer, made.hash, dates);
    if (call.flag('json')) {
      output.json(
        jsonReport('key', exitStatus.fine, {
          key: made.key.reveal(),
          hash: made.hash,
          ...dates,
          yaml: yaml.join('\n'),
        }),
      );
    } else for (const line of keyLines(made, yaml)) output.line(line);
    return exitStatus.fine;
  },
};

/** Since when it is there, `maxAge` needs. */
export function keyYaml(
  consumer: string,
  hash: string,
  { createdAt, expiresAt }: { createdAt: string; expiresAt?: string | undefined },
): string[] {
  const expiry = expiresAt === undefined ? '' : `, expiresAt: '${expiresAt}'`;
  return [
    'consumers:',
    `  ${consumer}:`,
    '    keys:',
    `      - { hash: '${hash}', createdAt: '${createdAt}'${expiry} }`,
  ];
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
