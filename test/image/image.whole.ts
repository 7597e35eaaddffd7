import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { baseImage, baseVersion, buildStage, nodeVersion, top } from './broker-image.js';
import { ContainerEngine, noEngine } from './container-engine.js';
import { containerSuite, filesIn, startedContainer } from './container-suite.js';

// The image as an administrator builds it: with `npm ci` and the build in it, and by the official base image where a
// registry can be reached.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const tag = 'token-broker-test';
const tracedTag = 'token-broker-traced-test';
const engine = ContainerEngine.find();
if (engine === undefined) process.stderr.write(`The image is not built and run here: ${noEngine}\n`);
const version = engine === undefined ? nodeVersion : await built(engine);

async function built(containers: ContainerEngine): Promise<string> {
  const base = await baseVersion(containers, 'installs and builds');
  await buildStage(containers, 'broker', tag, base);
  return base;
}

afterAll(async () => {
  await engine?.tries('rmi', '--force', tracedTag, tag);
  if (version !== nodeVersion) await engine?.tries('rmi', '--force', baseImage(version));
  await engine?.remove();
});

describe.skipIf(engine === undefined)('by a container engine', () => {
  containerSuite(engine!, tag);

  it('exports traces from the layer that docs/how-to/traces.md adds, with no second Node.js', async () => {
    await addTraces(engine!);
    const files = await filesIn(engine!, tracedTag);
    expect(files.filter((file) => file.endsWith('bin/node'))).toEqual(['usr/local/bin/node']);
    const spans: string[] = [];
    const collector = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => void spans.push(text));
      request.on('end', () => response.end('{}'));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void collector.close());
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;

    const container = await startedContainer(engine!, tracedTag, [
      `--env=OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${port}`,
    ]);
    await container.becomesHealthy();
    expect((await container.ask()).status).toBe(200);
    await expect.poll(() => spans.join(''), { timeout: 30_000 }).toContain('"token_for"');
  });
});

/** As the page has it, on the images of this run. */
async function addTraces(containers: ContainerEngine): Promise<void> {
  const page = readFileSync(join(top, 'docs/how-to/traces.md'), 'utf8');
  const block = (language: string) => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)![1]!;
  const folder = join(containers.folder, 'traced');
  mkdirSync(folder);
  const layer = block('dockerfile')
    .replace(`node:${nodeVersion}-slim`, baseImage(version))
    .replace(/^FROM registry\.example\/\S+$/m, `FROM ${tag}`);
  writeFileSync(join(folder, 'Dockerfile'), layer);
  writeFileSync(join(folder, 'tracing.mjs'), block('js'));
  const format = containers.name === 'podman' ? ['--format=docker'] : [];
  await containers.run('build', '--network=host', ...format, `--tag=${tracedTag}`, folder);
}
