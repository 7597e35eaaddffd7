import { newApiKey } from '#consumers/api-key.js';
import { type Command, jsonOption, exitStatus } from './command.js';

/** Prints the key in clear: it is shown this once and kept nowhere. */
export const keyCommand: Command = {
  name: 'key',
  about: 'makes an API key for a consumer, and the hash of it for the settings',
  takesFile: false,
  options: { json: jsonOption },
  async run(call, { output }) {
    const made = newApiKey();
    if (call.flag('json')) output.json({ key: made.key.reveal(), hash: made.hash });
    else for (const line of keyLines(made)) output.line(line);
    return exitStatus.fine;
  },
};

export function keyLines({ key, hash }: ReturnType<typeof newApiKey>): string[] {
  return [
    `key:  ${key.reveal()}`,
    '      goes to the consumer as a secret; it is shown only now',
    `hash: ${hash}`,
    '      goes into consumers.<name>.keys of the settings',
  ];
}
