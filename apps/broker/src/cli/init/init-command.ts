import { writeFileSync } from 'node:fs';
import { newApiKey } from '#consumers/api-key.js';
import { scopeToken } from '#tokens/model/scope-set.js';
import { isSecureUrl } from '#http/secure-url.js';
import { didYouMean } from '#tokens/model/nearest-name.js';
import { presetNames, presetOf } from '../../settings/presets.js';
import { validName } from '../../settings/schema/nested.js';
import { type Call, type Command, type Context, exitStatus, jsonOption, UsageError } from '../command.js';
import { jsonReport } from '../json-report.js';
import { Questions } from './questions.js';
import { type Answers, type PrivateKey, type Secret, settingsText } from './settings-text.js';

/** The answer for a vendor that has no preset. */
const noPreset = 'none';
const choices = [...presetNames, noPreset];

export const initCommand: Command = {
  name: 'init',
  about:
    'writes a settings file with one client and one consumer, makes an API key, and prints a curl command to try it',
  takesFile: 'optional',
  options: {
    preset: { type: 'string', value: 'NAME', about: `the vendor's settings: ${choices.join(', ')}` },
    'token-endpoint': { type: 'string', value: 'URL', about: 'of the authorization server' },
    'client-id': { type: 'string', value: 'ID', about: 'that the authorization server gave you' },
    'secret-file': { type: 'string', value: 'FILE', about: 'file with the client secret' },
    'secret-variable': {
      type: 'string',
      value: 'NAME',
      about: 'environment variable with the client secret instead',
    },
    'private-key-file': {
      type: 'string',
      value: 'FILE',
      about: 'file with the private key (PEM), for google',
    },
    'key-id': { type: 'string', value: 'ID', about: 'of the private key' },
    scopes: { type: 'string', value: "'A B'", about: 'assigned to the client, separated by spaces' },
    consumer: { type: 'string', value: 'NAME', about: 'your service that requests tokens' },
    force: { type: 'boolean', about: 'replaces an existing file' },
    json: jsonOption,
  },
  async run(call, context) {
    const file = call.file ?? 'settings.yaml';
    const answers = await answersOf(call, context);
    const made = newApiKey();
    write(file, settingsText(answers, made.hash), call.flag('force'));
    const curl = `curl -sH 'Authorization: Bearer ${made.key.reveal()}' 'http://127.0.0.1:8080/token'`;
    if (call.flag('json')) {
      const fields = { file, key: made.key.reveal(), hash: made.hash, curl };
      context.output.json(jsonReport('init', exitStatus.fine, fields));
    } else for (const line of nextSteps(file, answers, curl)) context.output.line(line);
    return exitStatus.fine;
  },
};

/** @throws UsageError */
async function answersOf(call: Call, context: Context): Promise<Answers> {
  if (call.text('secret-file') !== undefined && call.text('secret-variable') !== undefined) {
    throw new UsageError('init: choose one of --secret-file and --secret-variable');
  }
  const questions = new Questions(call, context);
  const chosen = await questions.answer({
    option: 'preset',
    text: `Preset for the vendor of the authorization server (${choices.join(', ')})`,
    fallback: noPreset,
    fault: presetFault,
  });
  const preset = presetOf(chosen);
  const isKnown = preset?.settings['tokenEndpoint'] !== undefined;
  const tokenEndpoint =
    isKnown && call.text('token-endpoint') === undefined
      ? undefined
      : await questions.answer({
          option: 'token-endpoint',
          text: 'Token endpoint',
          fallback: preset?.yours?.tokenEndpoint,
          fault: endpointFault,
        });
  const clientId = await questions.answer({ option: 'client-id', text: 'Client id', fault: lineFault });
  const signs = preset?.settings['grant'] === 'jwt-bearer';
  const credential = signs ? await privateKeyOf(questions) : await secretOf(call, questions);
  const scopes = await questions.answer({
    option: 'scopes',
    text: 'Scopes assigned to the client, separated by spaces',
    fallback: preset?.yours?.scopes,
    fault: scopesFault,
  });
  const consumer = await questions.answer({
    option: 'consumer',
    text: 'Name of your service that requests tokens',
    fallback: 'my-service',
    fault: (name) => (validName.test(name) ? undefined : 'must be 1 to 63 letters, digits, ".", "_" and "-"'),
  });
  questions.check();
  return {
    preset: chosen === noPreset ? undefined : chosen,
    tokenEndpoint,
    clientId,
    credential,
    scopes: scopes.split(' ').filter(Boolean),
    consumer,
  };
}

async function privateKeyOf(questions: Questions): Promise<PrivateKey> {
  const text = 'File that holds the private key (PEM)';
  const privateKeyFile = await questions.answer({ option: 'private-key-file', text, fault: lineFault });
  const keyId = await questions.answer({ option: 'key-id', text: 'Id of the private key', fault: lineFault });
  return { privateKeyFile, keyId };
}

async function secretOf(call: Call, questions: Questions): Promise<Secret> {
  const variable = call.text('secret-variable');
  if (variable === undefined) {
    const text = 'File that holds the client secret, or $NAME of a variable of the environment';
    const answer = await questions.answer({ option: 'secret-file', text, fault: lineFault });
    const [, named] = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(answer) ?? [];
    return named === undefined ? { file: answer } : { variable: named };
  }
  if (/^[A-Za-z_]\w*$/.test(variable)) return { variable };
  throw new UsageError('init: --secret-variable must be the name of a variable of the environment');
}

function presetFault(name: string): string | undefined {
  if (choices.includes(name)) return undefined;
  return `must be one of ${choices.join(', ')}${didYouMean(name, choices)}`;
}

function endpointFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !isSecureUrl(url) || url.username !== '' || url.password !== '')
    return 'must be an https URL (http is for loopback hosts only)';
  const [blank] = /\b[A-Z]{4,}\b/.exec(text) ?? [];
  return blank === undefined ? undefined : `must have your own value in place of ${blank}: ${text}`;
}

function lineFault(text: string): string | undefined {
  return /^\P{Cc}+$/u.test(text) ? undefined : 'must not be empty, and must be one line';
}

function scopesFault(text: string): string | undefined {
  return text
    .split(' ')
    .filter(Boolean)
    .every((scope) => scopeToken.test(scope))
    ? undefined
    : 'must be scopes separated by spaces (RFC 6749)';
}

/** @throws UsageError when it cannot be written, or is there already */
function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    const reason = code === 'EEXIST' ? 'already exists; --force replaces it' : `cannot be written (${code})`;
    throw new UsageError(`init: the file ${file} ${reason}`);
  }
}

function nextSteps(file: string, { credential, consumer }: Answers, curl: string): string[] {
  return [
    `wrote ${file}. Next:`,
    `  1. put ${whereFor(credential)}`,
    `  2. try it:  token-broker doctor ${file}`,
    `  3. run it:  token-broker --config ${file}`,
    `  4. request a token as ${consumer}; the key is shown only now, the settings have its hash:`,
    '',
    `     ${curl}`,
  ];
}

function whereFor(credential: Secret | PrivateKey): string {
  if ('privateKeyFile' in credential) return `the private key into ${credential.privateKeyFile}`;
  if ('file' in credential) return `the client secret into ${credential.file}`;
  return `the client secret into the environment variable ${credential.variable}`;
}
