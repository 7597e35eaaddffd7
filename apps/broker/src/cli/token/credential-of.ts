import { readFileSync } from 'node:fs';
import { Secret } from '#tokens/model/secret.js';
import { type Call, UsageError } from '../command.js';

/**
 * What the caller authenticates with to a running broker: of --credential-file or TOKEN_BROKER_CREDENTIAL, never from the
 * command line, which others see. Undefined when neither is there. @throws UsageError
 */
export function credentialOf(call: Call, environment: NodeJS.ProcessEnv): Secret | undefined {
  const file = call.text('credential-file');
  const text = file === undefined ? environment['TOKEN_BROKER_CREDENTIAL'] : textIn(file);
  if (text === undefined) return undefined;
  // What a header cannot hold would come back in an error message.
  if (/^[\x21-\x7E]+$/.test(text.trim())) return new Secret(text.trim());
  throw new UsageError('the credential must be one line of visible ASCII');
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`the file ${file} cannot be read`);
  }
}
