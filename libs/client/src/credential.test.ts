import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientScene } from '../../../test/support/client-scene.js';
import { MountedFiles } from '../../../test/support/mounted-files.js';
import type { CredentialSource } from './credential.js';
import { TokenBrokerError } from './token-broker-error.js';

const read = { scopes: 'api:partner' };

function mounted(content: string): MountedFiles {
  const files = new MountedFiles({ token: content });
  onTestFinished(() => files.remove());
  return files;
}

/** What the broker was shown for one request after the other. */
async function shown(credential: CredentialSource, between: () => void = () => {}): Promise<unknown[]> {
  const { broker, server } = await clientScene({ credential });
  await broker.token({ scopes: 'first' });
  between();
  await broker.token({ scopes: 'second' });
  return server.requests.map(({ authorization }) => authorization);
}

async function failureWith(credential: CredentialSource): Promise<TokenBrokerError> {
  const { broker, server } = await clientScene({ credential });
  const failure: unknown = await broker.token(read).catch((error: unknown) => error);
  expect(server.requests).toEqual([]);
  expect(failure).toBeInstanceOf(TokenBrokerError);
  return failure as TokenBrokerError;
}

describe('the credential', () => {
  it('in a file is read again when it has changed, and is trimmed', async () => {
    const files = mounted(' not-a-real-one\n');
    expect(
      await shown({ file: files.path('token') }, () => files.replace({ token: 'not-a-real-two\n' })),
    ).toEqual(['Bearer not-a-real-one', 'Bearer not-a-real-two']);
  });

  it('in a file that is written in place is read again, too', async () => {
    const file = mounted('not-a-real-one').path('token');
    expect(await shown({ file }, () => writeFileSync(file, 'not-a-real-two'))).toEqual([
      'Bearer not-a-real-one',
      'Bearer not-a-real-two',
    ]);
  });

  it('of a function is requested each time', async () => {
    let calls = 0;
    expect(await shown(async () => `not-a-real-${++calls}`)).toEqual([
      'Bearer not-a-real-1',
      'Bearer not-a-real-2',
    ]);
    expect(await shown(() => 'not-a-real-one')).toEqual(Array(2).fill('Bearer not-a-real-one'));
  });

  it('that cannot be read fails the call and says why', async () => {
    const missing = await failureWith({ file: '/nowhere/token' });
    expect(missing).toMatchObject({
      code: 'credential_unavailable',
      message: 'the credential for the token broker could not be read (ENOENT)',
    });
    const failing = await failureWith(() => Promise.reject(new Error('no vault')));
    expect(failing.cause).toEqual(new Error('no vault'));
    expect((await failureWith('  ')).message).toBe('the credential for the token broker is empty');
  });

  it('that cannot be read costs no failed call while the token lives', async () => {
    const files = mounted('not-a-real-one');
    const { broker, time, server } = await clientScene({ credential: { file: files.path('token') } });
    await broker.token(read);
    files.remove();
    time.advance(3_500_000);
    expect((await broker.token(read)).accessToken).toBe('not-a-real-token-1');
    expect(server.requests).toHaveLength(1);
  });

  it('is in no error, and in nothing that prints the client', async () => {
    for (const secret of ['not-a-real\nsecret', 'not-a-real-sécret']) {
      const failure = await failureWith(secret);
      expect(`${inspect(failure)} ${failure.stack}`).not.toContain('not-a-real');
      expect(failure.message).toBe(
        'the credential for the token broker contains a character that is not allowed in a header',
      );
    }
    const { broker, server } = await clientScene();
    server.always = { status: 401, body: { error: 'invalid_client', error_description: 'unknown' } };
    const failure: unknown = await broker.token(read).catch((error: unknown) => error);
    await server.stop();
    const unreachable: unknown = await broker.token({ scopes: 'other' }).catch((error: unknown) => error);
    const printed = inspect([broker, failure, unreachable], { depth: 20, showHidden: true });
    expect(printed).toContain('invalid_client');
    expect(printed + JSON.stringify([broker, failure, unreachable])).not.toContain('not-a-real');
  });
});
