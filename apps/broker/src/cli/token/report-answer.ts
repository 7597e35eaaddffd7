import type { Call } from '../command.js';
import { type ExitStatus, exitStatus } from '../exit-status.js';
import type { Output } from '../output.js';
import type { BrokerAnswer } from './ask-broker.js';
import { claimText, describedToken } from './described-token.js';

/** Prints it, without the token itself unless that is to be revealed. */
export function reportAnswer(answer: BrokerAnswer, call: Call, output: Output): ExitStatus {
  const { token, status, error, description, upstreamError, retryAfter } = answer;
  const isJson = call.flag('json');
  if (token === undefined) {
    if (isJson) output.json({ status, error, error_description: description, upstreamError, retryAfter });
    else for (const line of refusalLines(answer)) output.line(line);
    return exitStatus.wrong;
  }
  const { value, expiresIn, refreshIn, scope } = token;
  const described = describedToken(value);
  const revealed = call.flag('reveal') ? { access_token: value.reveal() } : {};
  const times = { scope, expires_in: expiresIn, refresh_in: refreshIn };
  if (isJson)
    output.json({
      status,
      ...times,
      sha256: described.sha256,
      verified: false,
      ...described.jwt,
      ...revealed,
    });
  else for (const line of tokenLines(token, Date.now())) output.line(line);
  if (!isJson && call.flag('reveal')) output.line(value.reveal());
  return exitStatus.fine;
}

function tokenLines(
  { value, scope, expiresIn, refreshIn }: NonNullable<BrokerAnswer['token']>,
  now: number,
): string[] {
  const { sha256, jwt } = describedToken(value);
  const claims = Object.entries(jwt?.claims ?? {}).map(
    ([name, claim]) => `  ${name.padEnd(10)}  ${claimText(name, claim, now)}`,
  );
  return [
    `scope:       ${scope}`,
    `expires in:  ${expiresIn} s, worth asking again in ${refreshIn} s`,
    `SHA-256:     ${sha256}…`,
    ...(jwt
      ? [`JWT, not verified: ${JSON.stringify(jwt.header)}`, ...claims]
      : ['not a JWT: only its API can read it']),
  ];
}

function refusalLines({ status, error, description, upstreamError, retryAfter }: BrokerAnswer): string[] {
  return [
    `refused: HTTP ${status}, ${error}${upstreamError === undefined ? '' : ` (upstream: ${upstreamError})`}`,
    `  ${description}`,
    ...(retryAfter === undefined ? [] : [`  ask again after ${retryAfter} s`]),
  ];
}
