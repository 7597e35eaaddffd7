import { randomBytes } from 'node:crypto';

export const clientSecret = 'not-a-real-secret';

export const scopes = Array.from({ length: 90 }, (_, n) => `api:part-${n}`);

const scopeSets = threeOf(scopes);

/** The scope set of this number, from 0 on: each three scopes are another token, and there are 117,480 of them. */
export function scopeSet(number: number): string {
  return scopeSets[number]!;
}

export function addressOf(number: number): string {
  return `/token?scopes=${scopeSet(number).replaceAll(' ', '+')}`;
}

/** A client that may have all scopes and asks as often as it likes, in the form of the settings. */
export function someClient(tokenEndpoint: string): object {
  return {
    tokenEndpoint,
    clientId: 'bench',
    clientSecret,
    clientAuthentication: 'client_secret_post',
    scopes,
    maxTokenRequestsPerMinute: 100_000,
  };
}

export function someConsumer({ hash }: { hash: string }): object {
  return { keys: [hash], allow: [{ client: 'bench', scopes }] };
}

export const encryptionKey = randomBytes(32).toString('base64');

export function redisStore(url: string): object {
  return { redis: { url, encryptionKeys: [{ id: '2026-11', key: encryptionKey }] } };
}

function threeOf(names: readonly string[]): string[] {
  return names.flatMap((first, one) =>
    names
      .slice(one + 1)
      .flatMap((second, two) => names.slice(one + two + 2).map((third) => `${first} ${second} ${third}`)),
  );
}
