import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { python } from '#test/programs.js';
import { runningScene, type Scene } from '#test/running.js';
import { programsOf } from '../consumers/page-programs.js';

const shell = promisify(execFile);
const atEnd = atEndOfAll();
const [lambda = '', cloudRun = ''] = programsOf('how-to/ways-in/functions.md', 'python').map(
  ({ code }) => code,
);
let scene: Scene;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
  scene = await runningScene({}, {}, atEnd);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program, and calls its handler; the API key stands for the JWT of the platform. */
async function called(program: string, call: string): Promise<string> {
  const file = join(folder, 'program.py');
  writeFileSync(file, `${program}\n${call}\n`);
  const { stdout } = await shell(python, [file], {
    env: {
      PYTHONPATH: `${folder}:${join(import.meta.dirname, '../../clients/python/src')}`,
      PYTHONDONTWRITEBYTECODE: '1',
      AWS_REGION: 'eu-central-1',
      TOKEN_BROKER_URL: scene.broker.consumers,
      PLATFORM_JWT: scene.key,
      API_URL: `${scene.server.url}/partner/v1`,
    },
  });
  return stdout;
}

describe('the programs of docs/how-to/ways-in/functions.md', { timeout: 60_000 }, () => {
  it('get a token by the JWT that AWS issues to a Lambda function', async () => {
    writeFileSync(
      join(folder, 'boto3.py'),
      `import os
class Sts:
    def get_web_identity_token(self, *, Audience, SigningAlgorithm, DurationSeconds):
        assert (Audience, SigningAlgorithm) == (["token-broker"], "ES384") and DurationSeconds >= 60
        return {"WebIdentityToken": os.environ["PLATFORM_JWT"]}
def client(name, *, region_name):
    assert (name, region_name) == ("sts", "eu-central-1")
    return Sts()
`,
    );
    expect(await called(lambda, 'print(handler({}, None))')).toBe("{'statusCode': 200}\n");
  });

  it('get a token by the JWT that the metadata server issues to a Cloud Run service', async () => {
    const metadata = createServer(({ url, headers }, response) => {
      const isRight =
        headers['metadata-flavor'] === 'Google' &&
        url ===
          '/computeMetadata/v1/instance/service-accounts/default/identity?audience=token-broker&format=full';
      response.writeHead(isRight ? 200 : 403).end(scene.key);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void metadata.close());
    await once(metadata, 'listening');
    const { port } = metadata.address() as AddressInfo;
    const program = cloudRun.replace('metadata.google.internal', `127.0.0.1:${port}`);
    expect(program).not.toBe(cloudRun);
    expect(await called(program, 'print(orders())')).toBe('200\n');
  });
});
