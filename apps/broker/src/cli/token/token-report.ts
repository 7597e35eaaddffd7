import { type Call, type ExitStatus, exitStatus } from '../command.js';
import { jsonReport } from '../json-report.js';
import type { Output } from '../output.js';
import type { BrokerResponse } from './broker-request.js';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Secret } from '#tokens/model/secret.js';

/** Prints it, without the token itself unless that is to be revealed. */
export function reportResponse(answer: BrokerResponse, call: Call, output: Output): ExitStatus {
  const { token, status, error, description, upstreamError, retryAfter } = answer;
  const isJson = call.flag('json');
  if (token === undefined) {
    if (isJson) {
      const errors = [{ code: error, message: description }];
      const fields = { status, error, error_description: description, upstreamError, retryAfter };
      output.json(jsonReport('token', exitStatus.wrong, { errors, ...fields }));
    } else for (const line of refusalLines(answer)) output.line(line);
    return exitStatus.wrong;
  }
  const { value, expiresIn, refreshIn, scope } = token;
  const described = describedToken(value);
  const revealed = call.flag('reveal') ? { access_token: value.reveal() } : {};
  const times = { scope, expires_in: expiresIn, refresh_in: refreshIn };
  const shown = { sha256: described.sha256, verified: false, ...described.jwt, ...revealed };
  if (isJson) output.json(jsonReport('token', exitStatus.fine, { status, ...times, ...shown }));
  else for (const line of tokenLines(token, Date.now())) output.line(line);
  if (!isJson && call.flag('reveal')) output.line(value.reveal());
  return exitStatus.fine;
}

function tokenLines(
  { value, scope, expiresIn, refreshIn }: NonNullable<BrokerResponse['token']>,
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

export function refusalLines({
  status,
  error,
  description,
  upstreamError,
  retryAfter,
}: BrokerResponse): string[] {
  return [
    `refused: HTTP ${status}, ${error}${upstreamError === undefined ? '' : ` (upstream: ${upstreamError})`}`,
    `  ${description}`,
    ...(retryAfter === undefined ? [] : [`  ask again after ${retryAfter} s`]),
  ];
}

/** What may be shown of a token: of a JWT its header and claims, which are no credential without the signature. */
export interface DescribedToken {
  /** The first 12 hex digits of its SHA-256: the broker's audit lines have the same. */
  sha256: string;
  jwt?: { header: Record<string, unknown>; claims: Record<string, unknown> };
}

/** Nothing is verified: that is the business of the API that the token is for. */
export function describedToken(token: Secret): DescribedToken {
  try {
    const header = { ...decodeProtectedHeader(token.reveal()) };
    return { sha256: token.fingerprint, jwt: { header, claims: { ...decodeJwt(token.reveal()) } } };
  } catch {
    return { sha256: token.fingerprint };
  }
}

/** The claims that are instants (RFC 7519 §4.1), with how far they are from now: milliseconds since 1970. */
export function claimText(name: string, value: unknown, now: number): string {
  if (!['exp', 'iat', 'nbf', 'auth_time'].includes(name) || typeof value !== 'number')
    return JSON.stringify(value);
  const date = new Date(value * 1000);
  if (Number.isNaN(date.getTime())) return String(value);
  const seconds = Math.round(value - now / 1000);
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `${value}  (${date.toISOString()}, ${distance})`;
}
