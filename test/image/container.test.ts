import { afterAll, describe, vi } from 'vitest';
import { baseImage, baseVersion, buildStage } from './broker-image.js';
import { ContainerEngine, noEngine } from './container-engine.js';
import { containerSuite } from './container-suite.js';
import { DebianFiles } from './debian-files.js';

// The unchanged Dockerfile by a real engine, where there is one. `npm` of its base image takes the build of this
// machine, which saves a minute; `npm run test:image` installs and builds in the image.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const tag = 'token-broker-test';
const engine = ContainerEngine.find();
const obstacle = engine === undefined ? noEngine : await built(engine);

/** @returns why it cannot be built and run here, if so */
async function built(containers: ContainerEngine): Promise<string | undefined> {
  const missing = DebianFiles.obstacle();
  if (missing !== undefined) return missing;
  const version = await baseVersion(containers, 'takes the build of this machine');
  const inability = await containers.obstacle(baseImage(version));
  if (inability === undefined) await buildStage(containers, 'broker', tag, version);
  return inability;
}

afterAll(async () => {
  await engine?.tries('rmi', '--force', tag, baseImage('of-this-machine'));
  await engine?.remove();
});

if (obstacle !== undefined) process.stderr.write(`The image is not built and run here: ${obstacle}\n`);
describe.skipIf(obstacle !== undefined)('by a container engine', () => {
  containerSuite(engine!, tag);
});
